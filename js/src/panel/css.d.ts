/** A stylesheet is imported as a string: build.mjs and vitest.config.ts see to it. */
declare module "*.css" {
  const text: string;
  export default text;
}
