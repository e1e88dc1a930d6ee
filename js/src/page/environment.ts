/** Host: the page around the frame, as far as it decides what a connector in it can do. */

export interface Host {
  /** As the connector sees it; "null" in a frame without an origin of its own. */
  origin: string;
  /** https, or this machine: else there is no microphone. */
  secure: boolean;
  /** The page is in a frame of another page itself. */
  framed: boolean;
  /** The origins of the pages around it, the nearest first; empty where a browser does not tell. */
  above: readonly string[];
  /** The tab may keep things: call logs outlive a reload. */
  storage: boolean;
  /** Whether it may hand the microphone on; null: this browser does not tell. */
  microphone: boolean | null;
  /** The directive of the page's content policy that has forbidden the frame. */
  forbidden: string | null;
}

/** Chromium's name of what others call permissionsPolicy. */
interface Policied {
  featurePolicy?: { allowsFeature(name: string): boolean };
}

export function host(forbidden: string | null): Host {
  const policy = (document as Policied).featurePolicy;
  return {
    origin: globalThis.origin,
    secure: globalThis.isSecureContext,
    framed: window.top !== window,
    above: [...(location.ancestorOrigins ?? [])],
    storage: keeps(),
    microphone: policy ? policy.allowsFeature("microphone") : null,
    forbidden,
  };
}

/** Where it is forbidden, reading the property throws. */
function keeps(): boolean {
  try {
    return globalThis.sessionStorage !== null;
  } catch {
    return false;
  }
}

const FRAMES = new Set(["frame-src", "child-src", "default-src"]);

/**
 * Calls back when the page's content policy forbids a frame of this origin; returns how to stop.
 * A violation names the blocked page by its origin, or in full.
 */
export function watchPolicy(origin: string, told: (directive: string) => void): () => void {
  const heard = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
    const blocked = URL.canParse(blockedURI) ? new URL(blockedURI).origin : null;
    if (blocked === origin && FRAMES.has(effectiveDirective)) told(effectiveDirective);
  };
  document.addEventListener("securitypolicyviolation", heard);
  return () => document.removeEventListener("securitypolicyviolation", heard);
}
