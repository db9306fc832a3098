import type { Assignment } from "../../api/assignment.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import type { StepRequest } from "../../program-options.ts";

export function parseAssignments(option: string, texts: readonly string[]): readonly Assignment[] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at > 0 && at < text.length - 1)
      return { name: text.slice(0, at), value: text.slice(at + 1) };
    const message = `\`${option} ${text}\` is not of the form name=value`;
    throw new Failure(exitCode.usage, "bad-option", message);
  });
}

/** `--set image=84 --set qk_norm=false`: numbers and truth values where they read as such, else text. */
export function parseSettings(texts: readonly string[]): Record<string, number | boolean | string> {
  const settings: Record<string, number | boolean | string> = {};
  for (const { name, value } of parseAssignments("--set", texts))
    settings[name] = parseSetting(value);
  return settings;
}

/** `--size B=8`. */
export function parseSizes(texts: readonly string[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, value } of parseAssignments("--size", texts)) {
    sizes[name] = parseCount(`--size ${name}`, value, 0);
  }
  return sizes;
}

/** `--step prefill:B=1,N=64`, or a name alone. */
export function parseStep(text: string): StepRequest {
  const [name = "", ...rest] = text.split(":");
  const sizes: Record<string, number> = {};
  for (const one of parseAssignments("--step", rest.join(":").split(",").filter(Boolean)))
    sizes[one.name] = parseCount(`--step ${name}:${one.name}`, one.value, 0);
  return { name, sizes };
}

export function parseCount(option: string, text: string, least: 0 | 1 = 1): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && Number.isSafeInteger(count)) return count;
  throw new Failure(
    exitCode.usage,
    "bad-option",
    `\`${option}\` takes a whole number${least === 0 ? "" : " above 0"}, not \`${text}\``,
  );
}

/** `4GiB`, `1.5GB`, `512MiB`, or a number of bytes. */
export function parseBytes(option: string, text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text) ?? [];
  const scale = byteUnits[unit.toLowerCase()];
  const bytes = Math.floor(Number(digits) * (scale ?? 0));
  if (digits !== "" && bytes > 0) return bytes;
  const message = `\`${option}\` takes a size such as 4GiB or 512MiB, not \`${text}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

function parseSetting(text: string): number | boolean | string {
  if (text === "true" || text === "false") return text === "true";
  const isNumber = /^[+-]?(\d[\d_]*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
  if (!isNumber) return text;
  const number = Number(text.replaceAll("_", ""));
  if (Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)))
    return number;
  const message = `\`--set\` takes numbers up to ${Number.MAX_SAFE_INTEGER}, not \`${text}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}
