import { fault } from "../faults.ts";
import { readText } from "../files/read-bytes.ts";
import type { Turn } from "./templates/chat-template.ts";

/** The texts that a value stands for: itself, the lines of `@FILE`, or a JSON array of strings. */
export function parseTexts(name: string, value: string): readonly string[] {
  if (value.startsWith("@")) return linesOf(value.slice(1));
  const items = arrayIn(value);
  if (items === undefined) return [value];
  const texts = items.filter((item) => typeof item === "string");
  if (texts.length === items.length && texts.length > 0) return texts;
  throw fault("bad-value", { name, value, reason: "a JSON array must hold texts" });
}

/**
 * The conversations that a value stands for: a question, the lines of `@FILE`, a JSON array of turns, or
 * one of questions and conversations. `images` is what a question alone shows.
 */
export function parseConversations(
  name: string,
  value: string,
  images: number,
): readonly (readonly Turn[])[] {
  const asked = (text: string): readonly Turn[] => [{ role: "user", text, images }];
  const items = value.startsWith("@") ? linesOf(value.slice(1)) : (arrayIn(value) ?? [value]);
  if (items.length === 0) throw fault("bad-value", { name, value, reason: "it holds no texts" });
  if (items.every(isTurn)) return [items.map((turn, at) => withImages(turn, at, images))];
  return items.map((item) => {
    if (typeof item === "string") return asked(item);
    if (Array.isArray(item) && item.every(isTurn))
      return item.map((turn, at) => withImages(turn, at, images));
    throw fault("bad-conversation", {
      reason: `${JSON.stringify(item)} is neither a text nor a list of turns`,
    });
  });
}

/** The first turn shows the image, unless it says otherwise itself, by a number or as data sets do. */
function withImages(turn: Turn, at: number, images: number): Turn {
  const isSilent = turn.images === undefined && !turn.text.includes("<image>");
  return at === 0 && isSilent ? { ...turn, images } : turn;
}

function isTurn(value: unknown): value is Turn {
  if (typeof value !== "object" || value === null) return false;
  const { role, text, images } = value as Record<string, unknown>;
  const isCount = images === undefined || (Number.isInteger(images) && Number(images) >= 0);
  return (role === "user" || role === "assistant") && typeof text === "string" && isCount;
}

/** Text may begin with a bracket too: only what JSON can read is an array. */
function arrayIn(value: string): readonly unknown[] | undefined {
  if (!/^\s*\[/.test(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const largestFile = 1 << 26;

function linesOf(path: string): readonly string[] {
  return readText(path, largestFile)
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
}
