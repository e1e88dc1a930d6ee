/** Limits: how long the page's end of the channel waits, and how much it sends. */

export const LIMITS = {
  /** ms in which what follows goes as one message. */
  pause: 16,
  /** ms that a question which the page has answered waits for company: nobody waits for it. */
  rest: 100,
  /** ms between two `got`. */
  got: 20,
  /** Batches on their way; of each the most items, and characters (a comm refuses 10 MiB). */
  window: 4,
  items: 1_000,
  characters: 1_000_000,
  /** ms of silence before the first question, and before each further one. */
  first: 1_000,
  next: 2_000,
  /** ms between two questions about a gap. */
  gap: 100,
  /** ms without a mark after which a kernel that holds messages is asked how far it is. */
  quiet: [10_000, 30_000, 60_000],
  /** ms that a page which had not got the phone leaves to those that may have had it. */
  away: 3_000,
  /**
   * ms for which a person's wish to have the phone on this page is said. Where no answer comes for
   * longer, that person may be at another page by now.
   */
  wish: 30_000,
  /** ms after which a kernel that never answers is asked no more until something happens. */
  giveUp: 600_000,
} as const;
