import type { ArchiveBlame } from "./blame-archive.ts";

/**
 * The name of a member as a path below the folder into which the archive would be unpacked: parts joined by `/`,
 * none of them empty, `.` or `..`. The folder itself is the empty path.
 *
 * @throws {RuntimeFault} `archive-refused` for a name that leads anywhere else on some system.
 */
export function memberPath(name: Uint8Array | string, blame: ArchiveBlame): string {
  const text = typeof name === "string" ? name : decodeName(name, blame);
  if (isPlain.test(text) && text.length <= longestName) return text;
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  if (text === "") throw blame.refused("a member has no name");
  if (text.length > longestName)
    throw blame.refused(`the name \`${shown}\` is longer than ${longestName} characters`);
  if (hasControl(text)) throw blame.refused(`the name \`${shown}\` holds a control character`);
  // Where it separates folders, it would lead out of the one that is meant.
  if (text.includes("\\")) throw blame.refused(`the name \`${shown}\` holds a backslash`);
  if (text.startsWith("/") || /^[A-Za-z]:/.test(text))
    throw blame.refused(`the name \`${shown}\` is absolute`);
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw blame.refused(`the name \`${shown}\` leads out of its folder`);
  return parts.join("/");
}

/** What most of a million names are: nothing in it separates, hides or controls. */
const isPlain = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** Texts of archives are UTF-8, or they are refused: guesses would make two names of one. */
export function decodeName(bytes: Uint8Array, blame: ArchiveBlame): string {
  if (bytes.length <= shortName && isAscii(bytes)) return String.fromCharCode(...bytes);
  try {
    return strictText.decode(bytes);
  } catch {
    throw blame.refused("a name is no UTF-8");
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) >= 0x80) return false;
  return true;
}

/** As long as the field of a header. */
const shortName = 155;

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** As long as a path may be on Linux. */
const longestName = 4096;
const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
