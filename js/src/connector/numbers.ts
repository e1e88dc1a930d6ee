/** Numbers: how the simulated connector writes, groups and picks telephone numbers. It never decides who somebody is. */

import { words } from "./interaction";

export interface Entry {
  id: unknown;
  name: string;
  phone: string;
  email: string;
}

/** One record of crmDirectory, whatever it is; missing parts are empty. */
export function entry(record: unknown): Entry {
  const { id, name, phone, email } = (record ?? {}) as Record<string, unknown>;
  return { id, name: words(name), phone: words(phone).trim(), email: words(email).trim() };
}

export const digits = (number: string): string => number.replace(/\D/g, "");

/** Equal for two spellings of one number, as far as nine digits can tell. */
const ending = (number: string): string => digits(number).slice(-9);

/** Index of the next record that has a number, from `start` on, around the end; -1 when none has. */
export function callable(directory: readonly unknown[] | null, start: number): number {
  if (!directory) return -1;
  for (let i = 0; i < directory.length; i++) {
    const at = (start + i) % directory.length;
    if (entry(directory[at]).phone) return at;
  }
  return -1;
}

/** The first number that two records end in, as the first of them writes it; empty: there is none. */
export function shared(directory: readonly unknown[]): string {
  const seen = new Map<string, string>();
  for (const record of directory) {
    const { phone } = entry(record);
    const key = ending(phone);
    if (key.length < 3) continue;
    const first = seen.get(key);
    if (first !== undefined) return first;
    seen.set(key, phone);
  }
  return "";
}

/** A number reserved for fiction that no record ends in. */
export function stranger(directory: readonly unknown[]): string {
  const taken = new Set(directory.map((record) => ending(entry(record).phone)));
  let last = 100;
  while (taken.has(ending(`+12025550${last}`)) && last < 199) last += 1;
  return `+12025550${last}`;
}

/** The same number written otherwise, as an exchange might present it; `turn` walks through the forms. */
export function otherFormat(number: string, turn: number, country: string): string {
  const plain = digits(number);
  const full = number.startsWith("+") || plain.length > 10 ? plain : (country || "1") + plain;
  const forms = [`+${full}`, full, `00${full}`].filter((form) => form !== number);
  return forms[turn % forms.length] ?? number;
}
