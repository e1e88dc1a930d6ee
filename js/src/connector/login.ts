/** Login: the verbs of the simulator's login page, [I] all of it; they travel with simulator/login.ts, not with the plain page. */

import type { Verb } from "./commands";
import type { restart } from "./state";

/** `anew` is state.ts's `restart`, given because a page has one copy of it. */
export function loginVerbs(anew: typeof restart): Record<string, Verb> {
  return {
    /** Whoever it is: no name or secret is asked for, checked or kept. */
    login: [
      "",
      (turn) => (turn.s.door ? anew(turn, null) : "somebody is logged in: log out first"),
    ],
    logOut: [
      "",
      (turn, { sso, expired }) =>
        anew(turn, { way: sso === true ? "sso" : "form", expired: expired === true }),
    ],
  };
}
