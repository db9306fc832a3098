/**
 * Text that ends where one of `stops` begins. What may be the beginning of one is held back until more
 * text decides, so that nothing of it is ever shown.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  #held = "";
  #isStopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Takes more text and gives what is certain to be shown. */
  push(text: string): string {
    if (this.#isStopped) return "";
    const all = this.#held + text;
    const starts = this.#stops.map((stop) => all.indexOf(stop)).filter((at) => at >= 0);
    if (starts.length > 0) {
      this.#isStopped = true;
      this.#held = "";
      return all.slice(0, Math.min(...starts));
    }
    const kept = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(all.length - kept);
    return all.slice(0, all.length - kept);
  }

  /** What was held back after all, when no more text comes. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** How many characters at the end of `text` begin `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
