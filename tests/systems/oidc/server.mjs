/**
 * The login server of the OAuth tests: oidc-provider with its development login and consent pages.
 * Usage: node server.mjs PORT. It keeps everything in memory.
 */
import Provider from "oidc-provider";

const issuer = `http://127.0.0.1:${process.argv[2]}`;
const device = "urn:ietf:params:oauth:grant-type:device_code";
const person = {
  application_type: "native",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token", device],
  response_types: ["code"],
};
const service = {
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
};

const provider = new Provider(issuer, {
  clients: [
    { ...person, client_id: "notebook" },
    { ...person, client_id: "hasty" },
    { ...person, client_id: "no-devices", grant_types: ["authorization_code"] },
    { ...person, client_id: "scopeless", scope: "openid" },
    // A secret with letters that HTTP Basic has to encode first.
    { ...service, client_id: "service", client_secret: "s3cr+t%2F& 5:x" },
    { ...service, client_id: "api", client_secret: "api-secret" },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
  },
  scopes: ["openid", "offline_access", "contacts"],
  pkce: { required: () => true },
  ttl: {
    AccessToken: () => 3600,
    ClientCredentials: () => 600,
    // Seconds: a code that expires while a test looks on.
    DeviceCode: (_, __, client) => (client.clientId === "hasty" ? 1 : 600),
  },
});
provider.listen(Number(process.argv[2]), "127.0.0.1");
