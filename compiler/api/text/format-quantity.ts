/** Numbers for people. `--json` gets the plain ones. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** 5_902_793_600 is `5902.8 M`; 1536.5e9 is `1536.5 G`. */
export function formatCount(count: number): string {
  const scale = [
    { from: 1e10, by: 1e9, letter: "G" },
    { from: 1e7, by: 1e6, letter: "M" },
  ].find((step) => Math.abs(count) >= step.from);
  if (scale === undefined) return count.toLocaleString("en-US");
  return `${(count / scale.by).toFixed(1)} ${scale.letter}`;
}

export function formatTime(milliseconds: number): string {
  if (milliseconds >= 60_000) return `${(milliseconds / 60_000).toFixed(1)} min`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(2)} ms`;
  return `${(milliseconds * 1000).toFixed(1)} us`;
}
