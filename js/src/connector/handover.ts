/**
 * Handover: e-mails, consulting, conferences, transfers and dispositions of the simulated connector.
 *
 * None of them has a message of its own on the known wire: all that the client sees of them is in
 * requestSaveInteractionLog, and what they change there is [I]. The verbs travel with
 * simulator/scenario.ts, not with the plain page.
 */

import type { Verb } from "./commands";
import { isObject } from "./defects";
import { at, type Interaction, words } from "./interaction";
import { entry } from "./numbers";
import { open, post, type Turn } from "./state";

/** What has become of one interaction beside its life cycle. */
export interface Handover {
  call: string;
  /** The colleague who is consulted, or has joined; empty: nobody. */
  colleague: string;
  joined: boolean;
  /** To whom the caller was handed on. */
  to: string;
  disposition: string;
  email: boolean;
}

const COLLEAGUE = "+12025550188";
const TALK = "talking held";

/** `keep` holds what the log's amendment needs. */
export function handoverVerbs(keep: { handover: Handover | null }): Record<string, Verb> {
  const change = (turn: Turn, call: Interaction, what: Partial<Handover>, hint: string) => {
    keep.handover = { ...of(keep.handover, call.id), ...what };
    turn.s.hint = hint;
  };
  const become = ({ s, now }: Turn, call: Interaction, stage: Interaction["stage"]) => {
    const talked = stage === "wrapUp" ? now - (call.answeredAt ?? now) : call.talked;
    s.call = { ...call, stage, talked, since: now };
  };
  const consulted = ({ id }: Interaction) => of(keep.handover, id).colleague;
  return {
    consult: [
      TALK,
      (turn, { number }, call) => {
        if (call.channel !== "voice") return "only a call can be consulted about";
        const colleague = words(number) || COLLEAGUE;
        become(turn, call, "held");
        change(turn, call, { colleague, joined: false }, `consulting ${colleague}`);
      },
    ],
    retrieve: [
      TALK,
      (turn, _, call) => {
        if (!consulted(call)) return "nobody is consulted";
        become(turn, call, "talking");
        change(turn, call, { colleague: "", joined: false }, "back to the caller");
      },
    ],
    conference: [
      TALK,
      (turn, { number }, call) => {
        const colleague = words(number) || consulted(call);
        if (!colleague) return "consult somebody first, or give a number";
        become(turn, call, "talking");
        change(turn, call, { colleague, joined: true }, `${colleague} has joined`);
      },
    ],
    transfer: [
      TALK,
      (turn, { number }, call) => {
        const to = words(number) || consulted(call) || COLLEAGUE;
        become(turn, call, "wrapUp");
        change(turn, call, { to }, `handed on to ${to}`);
      },
    ],
    disposition: [
      `${TALK} wrapUp`,
      (turn, { code }, call) => {
        const disposition = words(code);
        change(turn, call, { disposition }, `disposition ${disposition}`);
      },
    ],
    email: [
      "idle",
      (turn, { who, name, text }) => {
        const known = entry(turn.s.directory?.find((one) => entry(one).email));
        const number = words(who) || known.email || "guest@example.com";
        const writer = words(name) || (who ? "" : known.name);
        const said = words(text) || "Dear all, please help me.";
        const call = open(turn, {
          channel: "digital",
          way: "in",
          number,
          name: writer,
          text: said,
        });
        change(turn, call, { email: true }, "an e-mail");
        post(turn, "requestPerformInteractionScreenPop", { aniValues: [number] });
      },
    ],
  };
}

function of(kept: Handover | null, call: string): Handover {
  if (kept?.call === call) return kept;
  return { call, colleague: "", joined: false, to: "", disposition: "", email: false };
}

/** A log with what became of its interaction, [I] all of it, at evidenced paths only. */
export function amended(log: unknown, kept: Handover | null): unknown {
  const message = at(log, "message");
  const body = at(message, "body");
  const said = at(body, "interactionData");
  if (!(kept && isObject(log) && isObject(message) && isObject(body) && isObject(said))) return log;
  if (body.interactionId !== kept.call) return log;
  const details = isObject(said.logDetails) ? said.logDetails : {};
  const fields = Array.isArray(details.customFields) ? details.customFields : [];
  const code = { logFieldName: "dispositionCode", currentValue: kept.disposition };
  const interactionData = {
    ...said,
    ...(kept.to && { updatedDestinationAddress: kept.to }),
    logDetails: {
      ...details,
      ...(kept.email && { subject: "E-mail" }),
      customFields: kept.disposition ? [...fields, code] : fields,
    },
  };
  return { ...log, message: { ...message, body: { ...body, interactionData } } };
}
