const blocks = "▁▂▃▄▅▆▇█";

/** A line of so many characters that follows a course of numbers, however long it gets. */
export class Sparkline {
  readonly #width: number;
  /** Means of equally many numbers each, at most twice as many as there are characters. */
  #means: number[] = [];
  #perMean = 1;
  #sum = 0;
  #count = 0;

  constructor(width: number) {
    this.#width = width;
  }

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#sum += value;
    this.#count += 1;
    if (this.#count < this.#perMean) return;
    this.#means.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.#means.length < 2 * this.#width) return;
    const halved = this.#means.filter((_, n) => n % 2 === 0);
    this.#means = halved.map((mean, n) => (mean + (this.#means[2 * n + 1] ?? mean)) / 2);
    this.#perMean *= 2;
  }

  /** From the least to the most that is shown. */
  text(): string {
    const shown = this.#means.slice(-2 * this.#width);
    const step = Math.max(1, shown.length / this.#width);
    const cells = Array.from({ length: Math.min(this.#width, shown.length) }, (_, n) => {
      const own = shown.slice(
        Math.floor(n * step),
        Math.max(Math.floor((n + 1) * step), 1 + Math.floor(n * step)),
      );
      return own.reduce((sum, mean) => sum + mean, 0) / own.length;
    });
    const least = Math.min(...cells);
    const most = Math.max(...cells);
    const blockOf = (value: number): string => {
      const place = most > least ? ((value - least) / (most - least)) * (blocks.length - 1) : 0;
      return blocks[Math.round(place)] ?? "";
    };
    return cells.map(blockOf).join("");
  }
}
