import type { ArchiveBlame } from "./blame-archive.ts";

/**
 * The name of a member as a path below the folder into which the archive would be unpacked: parts joined by `/`,
 * none of them empty, `.` or `..`. The folder itself is the empty path.
 *
 * @throws {RuntimeFault} `archive-refused` for a name that leads anywhere else on some system.
 */
export function memberPath(name: Uint8Array | string, blame: ArchiveBlame): string {
  const text = typeof name === "string" ? name : decodeName(name, blame);
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

/** Texts of archives are UTF-8, or they are refused: guesses would make two names of one. */
export function decodeName(bytes: Uint8Array, blame: ArchiveBlame): string {
  if (bytes.every((byte) => byte < 0x80))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  try {
    return strictText.decode(bytes);
  } catch {
    throw blame.refused("a name is no UTF-8");
  }
}

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
