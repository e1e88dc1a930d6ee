/**
 * Softphone: one per key on this page. Models and views come and go, it stays, and the call with it.
 *
 * The only one that calls its neighbours: frame and placement, connection, channel, and the panels that
 * are drawn from its snapshot. A living softphone keeps the code it was made with; a bundle of
 * another build attaches through `Handle`.
 */

import { incoming } from "../core/actions.gen";
import { Channel, type Effect as ChannelEffect, type Time } from "../core/channel";
import * as connection from "../core/connection";
import { isPlain } from "../core/guard";
import { asked, empty, type KernelView, renewed, shown } from "../core/kernel-view";
import type { Body } from "../core/outbox";
import { asking } from "../core/question";
import { Refusals } from "../core/refusals";
import { Remote } from "../core/remote";
import { Timeline } from "../core/timeline";
import type { Answer, Do, Facts, Note, Post, Settings, Show, Sim } from "../core/wire";
import { Buffers } from "../page/buffers";
import { randomId, time } from "../page/clock";
import { Deferred } from "../page/deferred";
import { host, watchPolicy } from "../page/environment";
import { LogStorage } from "../page/log-storage";
import { type Theme, watchTheme } from "../page/theme";
import { Timer } from "../page/timer";
import { announcement } from "../panel/texts";
import type { PanelActions, View } from "../panel/view";
import { Announcer } from "./announcer";
import { Frame, isPage } from "./frame";
import { Placement } from "./placement";
import { type Handle, type Mount, owned, type Port, registered, type Spot } from "./registry";
import { type Ended, type Known, snapshot, stake, titleOf } from "./snapshot";
import { type Seat, Views } from "./views";

/** The softphone of this key, made if need be; null: this page runs another version of the wire. */
export function open(key: string, build: string, mount: Mount): Handle | null {
  return registered(key, build, () => new Softphone(key, build, mount));
}

/** ms for which a dialled number is shown. */
const DIALLED = 5_000;
/** ms for which the same act again is a nervous finger's: a double click, Enter twice. */
const AGAIN = 2_000;
/** ms between two drawings. */
const FRAME = 16;
/** ms until it is tried again to say what was refused. */
const FULL = 250;

export class Softphone implements Handle {
  readonly #channel: Channel;
  readonly #logStorage: LogStorage;
  readonly #buffers = new Buffers();
  readonly #refusals = new Refusals();
  readonly #remote = new Remote();
  readonly #timeline = new Timeline();
  /** What the kernel is told of messages that this page has answered. */
  readonly #deferred = new Deferred();
  readonly #placement: Placement;
  readonly #announcer = new Announcer();
  /** When each was done last, on performance.now(). */
  readonly #acts = new Map<Do["what"], number>();
  readonly #ports: Port[] = [];
  readonly #views: Views;
  #road: Port | null = null;
  #state = connection.initial;
  #kernelView: KernelView = empty;
  #settings: Settings | null = null;
  #frame: Frame | null = null;
  /** The directive of the page's content policy that forbids the frame. */
  #forbidden: string | null = null;
  #unwatch = () => {};
  /** What the frame was made from: an address, or the hash of the simulator's page. */
  #content: string | null = null;
  /** Why there is no frame; null: nothing has ended it, or a person wants another one. */
  #ended: Ended | null = null;
  /** Parts that were asked for. */
  readonly #missed = new Set<string>();
  #resent = 0;
  /** When the record of a caller was taken off the page last. */
  #cleared = 0;
  #theme: Theme = "light";

  readonly #channelTimer = new Timer(() => this.#carry(this.#channel.wake(time())));
  readonly #connectionTimer = new Timer(() => this.#connect({ kind: "wake" }));
  readonly #refusalTimer = new Timer(() => this.#confess());
  readonly #dialledTimer = new Timer(() => this.#undial());
  readonly #clock = new Timer(() => this.#changed());

  constructor(key: string, build: string, mount: Mount) {
    this.#logStorage = new LogStorage(key);
    this.#channel = new Channel({ epoch: randomId(), build, facts: () => this.facts() });
    this.#placement = new Placement("Softphone", {
      moved: () => this.#changed(),
      lost: () => this.#lose("removed"),
      closed: (sure) => {
        const cost = sure ? null : this.#stake;
        if (cost === null) this.#lose("closed");
        else this.#placement.ask(cost);
      },
    });
    this.#views = new Views(mount, this.#placement, {
      actions: (seat) => this.#actions(seat),
      view: (seat) => this.#view(seat),
      drawn: () => this.#drawn(),
      seated: (more) => this.#seated(more),
      shown: () => this.#note("shown"),
      watched: (on) => this.#tell({ t: "do", what: "watch", args: { on } }),
    });
    window.addEventListener("beforeunload", (event) => {
      // A simulated call is no loss
      if (!this.#settings?.simulated && this.#stake !== null) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      this.#carry(this.#channel.hide(document.hidden, time()));
    });
    this.#carry(this.#channel.hide(document.hidden, time()));
    watchTheme(document, (theme) => {
      this.#theme = theme;
      this.#dress();
    });
    for (const { at, ...log } of this.#logStorage.left) {
      this.#carry(this.#channel.push({ t: "msg", ...log }, { ...time(), at }, true));
    }
  }

  // ---------------------------------------------------------------- models
  attach(port: Port): () => void {
    const stop = port.listen((content, buffers) => {
      if (port === this.#road) this.#receive(content, buffers);
    });
    const unwatch = port.mourn?.(() => {
      if (port === this.#road) this.#carry(this.#channel.failed(time()));
    });
    this.#ports.push(port);
    this.#ports.sort((a, b) => a.born - b.born);
    if (this.#ports.at(-1) === port) this.#take(port);
    return () => {
      stop();
      unwatch?.();
      const at = this.#ports.indexOf(port);
      if (at >= 0) this.#ports.splice(at, 1);
      if (this.#road === port) this.#take(this.#ports.at(-1) ?? null);
    };
  }

  #take(port: Port | null): void {
    this.#road = port;
    if (!port) {
      this.#carry(this.#channel.detach(time()));
      return;
    }
    // The page in which a person works takes the phone over; the others wait to be asked
    const here = document.hasFocus();
    const back = here && this.#channel.away;
    this.#carry(this.#channel.attach(time(), here));
    if (back) this.#views.watch(true);
  }

  #here(): void {
    this.#carry(this.#channel.here(time()));
    this.#views.watch(true);
  }

  #receive(content: unknown, buffers: readonly ArrayBufferView[]): void {
    if (isPlain(content) && Array.isArray(content.parts)) this.#buffers.add(content.parts, buffers);
    this.#carry(this.#channel.receive(content, time()));
  }

  #carry(effects: ChannelEffect[]): void {
    const { resent } = this.#channel.counts;
    if (resent > this.#resent) {
      this.#timeline.noted("resent", { messages: resent - this.#resent }, time());
      this.#resent = resent;
    }
    for (const effect of effects) {
      switch (effect.kind) {
        case "keep":
          this.#logStorage.keep(effect.key, effect.item);
          break;
        case "forget":
          this.#logStorage.forget(effect.key);
          break;
        case "transmit":
          try {
            this.#road?.send({ ...effect.content, at: Date.now() });
          } catch {
            this.#carry(this.#channel.failed(time()));
          }
          break;
        case "wake":
          this.#channelTimer.set(effect.at);
          break;
        case "attached":
          if (effect.fresh) {
            this.#kernelView = renewed(this.#kernelView);
            this.#missed.clear();
            this.#timeline.noted("kernel", {}, time());
            this.#views.watch(true);
          }
          break;
        case "deliver":
          if (effect.item.t === "set") this.#configure(effect.item);
          else if (effect.item.t === "post") this.#post(effect.item);
          else if (effect.item.t === "show") this.#display(effect.item);
          else this.#control(effect.item);
      }
    }
    this.#changed();
  }

  /** `line`: the message's in the timeline. */
  #tell(body: Body, keep = false, line = 0): void {
    this.#deferred.now();
    const { last } = this.#channel.counts;
    const effects = this.#channel.push(body, time(), keep);
    const { last: seq } = this.#channel.counts;
    if (seq > last) this.#timeline.told(line, seq);
    else this.#timeline.noted("dropped", { reason: "full" }, time());
    this.#carry(effects);
  }

  // ---------------------------------------------------------------- from the kernel
  #configure(settings: Settings): void {
    this.#settings = settings;
    this.#logStorage.turn(settings.mirror);
    const standing = new Map<string, connection.Reply>();
    for (const [name, answer] of Object.entries(settings.standing)) {
      const reply = this.#resolve(answer);
      if (reply) standing.set(name, reply);
    }
    const { simulated, limits, placement, origins } = settings;
    this.#connect({ kind: "settings", simulated, silence: limits.silence, standing });
    this.#placement.prefer(placement);
    this.#frame?.allow(origins);
    if (!simulated) this.#say(this.#remote.refuse("this phone embeds a real connector"));
    this.#ensureFrame();
  }

  /** A finished message; null when the part that holds its data is not here. */
  #resolve({ action, data, part }: Answer): connection.Reply | null {
    if (part === undefined) return data === undefined ? { action } : { action, data };
    const found = this.#buffers.value(part);
    if (!found) this.#miss(part);
    return found && { action, data: found.value };
  }

  /** The kernel thinks that this page has it: a hello tells what it has. Once, else it never ends. */
  #miss(part: string): void {
    if (this.#missed.has(part)) return;
    this.#missed.add(part);
    this.#carry(this.#channel.miss(time()));
  }

  #post({ seq, m, re, exp, load }: Post): void {
    let why: string | null = null;
    if (!this.#frame) why = "no frame";
    else if (exp !== undefined && this.#channel.kernelTime(time()) > exp) why = "late";
    else if (load !== undefined && load !== this.#state.loads) why = "the frame has reloaded";
    const reply = why === null ? this.#resolve(m) : null;
    // Noting it would be a message of its own, for which the connector's next question had to wait
    if (reply) {
      this.#connect({ kind: "post", reply }, this.#timeline.of(re));
      return;
    }
    // Or a clock is not what it was: the kernel is asked what its own shows
    if (why === "late") this.#carry(this.#channel.miss(time()));
    const detail = { seq, action: m.action, reason: why ?? "its data did not arrive" };
    this.#timeline.noted("dropped", detail, time());
    this.#tell({ t: "note", what: "dropped", detail });
  }

  #display(item: Show): void {
    if (item.what === "trace") this.#timeline.traced(item.data);
    this.#kernelView = shown(this.#kernelView, item);
    if (item.what === "dialled") this.#dialledTimer.set(performance.now() + DIALLED);
  }

  #undial(): void {
    this.#kernelView = { ...this.#kernelView, dialled: null };
    this.#changed();
  }

  #control({ ref, what, args }: Sim): void {
    this.#remote.add({ id: ref, what, args });
    if (this.#settings?.simulated) this.#drive();
    else if (this.#settings) this.#say(this.#remote.refuse("this phone embeds a real connector"));
  }

  /** Hands on the commands that wait, once the simulator's page is there. */
  #drive(): void {
    if (!this.#frame || this.#state.fresh) return;
    for (const { id, what, args } of this.#remote.start()) this.#frame.control(id, what, args);
  }

  /** A frame sees the system's theme, not that of the page around; a real connector is told nothing. */
  #dress(): void {
    this.#frame?.control(0, "theme", { value: this.#theme });
  }

  #say(bodies: Body[]): void {
    for (const body of bodies) this.#tell(body);
  }

  // ---------------------------------------------------------------- the connection
  /** `re`: the line of the request, where the kernel answers one. */
  #connect(event: connection.Event, re = 0): void {
    const came = time();
    const heard = event.kind === "message";
    const [state, effects] = connection.step(this.#state, event, came.now);
    this.#state = state;
    // A connector that says so once more is ready for another call
    if (heard && incoming(event.action)?.name === "requestEnableClickToDial") {
      this.#acts.delete("dial");
    }
    this.#connectionTimer.set(connection.due(state));
    const line = heard ? this.#timeline.received(event.action, event.text, came) : re;
    let answered = false;
    for (const effect of effects) {
      if (effect.kind === "post") {
        this.#frame?.post(effect.reply);
        answered = true;
        this.#answered(effect.reply, line, heard);
      } else {
        const tell = () => this.#inform(effect, line);
        if (answered && !effect.keep) this.#deferred.add(tell);
        else tell();
      }
    }
    if (event.kind === "loaded" || event.kind === "message") this.#drive();
    this.#changed();
    if (event.kind === "message") this.#ask(event, line, came);
  }

  /** Somebody calls: the record of the last caller goes now, not with the next frame. */
  #ask(event: { action: string; data: unknown }, line: number, { now, at }: Time): void {
    const told = this.#timeline.get(line)?.seq;
    // Where there was no room the message reaches nobody: that is no reason to show the last caller
    const record = asking(event, told || this.#channel.counts.last + 0.5, at);
    if (!record) return;
    const empty = this.#kernelView.record === null;
    this.#kernelView = asked(this.#kernelView, told ? record : { ...record, stage: "missed" });
    // Of a burst once a frame: more of it nobody can see
    if (empty || now - this.#cleared < FRAME) return;
    this.#cleared = now;
    this.#views.draw();
  }

  /** Writes down an answer of the page's own (`alone`) or the kernel's, once it has left. */
  #answered(reply: connection.Reply, re: number, alone: boolean): void {
    const left = time();
    this.#deferred.add(() => {
      const size = this.#buffers.sizeOf(reply.data);
      this.#timeline.sent(reply, left, { re, alone, size });
      this.#changed();
    });
  }

  #inform({ body, keep }: Extract<connection.Effect, { kind: "tell" }>, line: number): void {
    if (body.t === "note") this.#note(body.what, body.detail);
    else this.#tell(body, keep, line);
  }

  /** A note about the connection says all that this page knows of it. */
  #note(what: Note["what"], detail: Note["detail"] = {}): void {
    if (what !== "shown") this.#timeline.noted(what, detail, time());
    const { cached: _, ...known } = this.facts();
    this.#tell({ t: "note", what, detail: { ...known, ...detail } });
  }

  /** What this page says of itself in every `hello`. */
  facts(): Facts {
    return {
      ...connection.facts(this.#state),
      shown: this.#views.shown,
      origin: this.#frame?.origin ?? null,
      rejected: this.#refusals.total,
      cached: this.#buffers.names,
      host: host(this.#forbidden),
    };
  }

  #confess(): void {
    const now = performance.now();
    if (this.#channel.full) {
      this.#refusalTimer.set(now + FULL); // a note that finds no room is lost
      return;
    }
    const note = this.#refusals.note(now);
    if (note) this.#tell(note);
    this.#refusalTimer.set(this.#refusals.due);
  }

  // ---------------------------------------------------------------- the frame
  owns(source: MessageEventSource): boolean {
    return this.#frame?.owns(source) ?? false;
  }

  #ensureFrame(): void {
    if (!this.#settings) return;
    const { src, srcdoc, name, origins } = this.#settings;
    const content = srcdoc ?? (src !== undefined && isPage(src) ? src : null);
    if (content === null && this.#frame) this.#lose("closed");
    if (content === null || this.#views.none || this.#held) return;
    if (this.#frame && this.#content === content) return;
    const html = srcdoc === undefined ? null : this.#buffers.text(srcdoc);
    if (srcdoc !== undefined && html === null) {
      this.#miss(srcdoc);
      return;
    }
    this.#drop();
    this.#content = content;
    this.#refusals.forget();
    this.#watchPolicy(src);
    this.#connect({ kind: "opened" });
    this.#frame = new Frame({
      title: `Softphone ${name}`,
      content: html === null ? { src: content, origins } : { srcdoc: html },
      place: this.#placement.birthplace(),
      known: owned,
      events: {
        takes: (action, text) => !incoming(action)?.kept || this.#channel.takes(text),
        message: (action, data, text) => {
          this.#refusals.forget();
          this.#connect({ kind: "message", action, data, text });
        },
        controlled: (text) => {
          const said = this.#remote.read(text);
          if (said === "restarted") this.#connect({ kind: "restarted" });
          else if (said) this.#tell(said);
        },
        refused: (reason, origin, action) => {
          this.#refusals.add(reason, origin, action);
          this.#timeline.refused(reason, origin, time());
          this.#refusalTimer.set(this.#refusals.due);
          this.#changed();
        },
        loaded: () => {
          this.#dress();
          this.#connect({ kind: "loaded" });
        },
        ended: (reason) => this.#lose(reason),
      },
    });
    this.#placement.hold(this.#frame);
  }

  #watchPolicy(src: string | undefined): void {
    this.#unwatch();
    this.#forbidden = null;
    if (src === undefined) return;
    this.#unwatch = watchPolicy(new URL(src).origin, (directive) => {
      this.#forbidden = directive;
      this.#note("forbidden");
    });
  }

  /** What closing the phone may cost, or null. */
  get #stake(): string | null {
    return stake(this.#state, this.#channel.logs);
  }

  /** It was ended on purpose, or for a reason that would come back. */
  get #held(): boolean {
    return this.#ended === "closed" || this.#ended === "navigated";
  }

  #drop(): void {
    this.#frame?.close();
    this.#frame = null;
    this.#placement.release();
    this.#say(this.#remote.end("the simulator's page was closed"));
  }

  #lose(reason: Ended): void {
    this.#ended = reason;
    this.#drop();
    this.#connect({ kind: "ended", reason });
  }

  #reload(): void {
    this.#ended = null;
    this.#drop();
    this.#content = null;
    this.#ensureFrame();
  }

  // ---------------------------------------------------------------- views
  readonly show = (spot: Spot) => this.#views.add(spot);

  #seated(more: boolean): void {
    if (more) this.#ended = null;
    if (more || !(this.#views.none || this.#frame)) this.#ensureFrame();
  }

  #actions(seat: () => Seat): PanelActions {
    return {
      dial: (number, contact) => this.#once("dial", { number, contact }),
      letThemCall: (number, name) => this.#once("ring", { number, name }),
      search: (text, offset) => this.#do("search", { text, offset }),
      runAgain: () => this.#once("run_again", { record: this.#kernelView.record?.id }),
      choose: (index) => this.#do("choose", { index, record: this.#kernelView.record?.id }),
      retry: () => this.#do("retry", {}),
      place: (where) => this.#placement.place(seat(), where),
      reloadFrame: () => this.#reload(),
      useHere: () => {
        this.#here();
        this.#do("here", {});
      },
      watch: (on) => this.#views.look(seat(), on),
      runMessage: (ask, action, data) => this.#do("run_message", { ask, action, data }),
      diagnose: () => this.#do("diagnose", {}),
      traffic: () => this.#buffers.module(this.#settings?.traffic ?? ""),
    };
  }

  /** One act of a person has one effect: two calls at once are nobody's wish. */
  #once(what: Do["what"], args: Record<string, unknown>): void {
    const now = performance.now();
    if (now - (this.#acts.get(what) ?? -AGAIN) < AGAIN) return;
    this.#acts.set(what, now);
    this.#do(what, args);
  }

  #do(what: Do["what"], args: Record<string, unknown>): void {
    this.#kernelView = { ...this.#kernelView, warnings: [] };
    this.#tell({ t: "do", what, args });
  }

  readonly #changed = () => this.#views.changed();

  #drawn(): void {
    const view = snapshot(this.#known, "cell");
    this.#placement.label(titleOf(this.#settings, view));
    this.#announcer.say(announcement(view));
    const runs = view.kernel.state === "waiting" || view.record?.stage === "asking";
    this.#clock.set(runs ? performance.now() + 1_000 : null);
  }

  #view(seat: Seat): View {
    return snapshot(this.#known, this.#placement.where(seat));
  }

  get #known(): Known {
    return {
      settings: this.#settings,
      state: this.#state,
      board: this.#kernelView,
      refusals: this.#refusals,
      timeline: this.#timeline,
      got: this.#channel.counts.got,
      kernel: this.#channel.standing(performance.now()),
      ended: this.#ended ?? "removed",
    };
  }
}
