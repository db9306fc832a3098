import type { Host } from "../host.ts";

/** One document on stdout, for programs. */
export function writeJson(host: Host, value: unknown): void {
  host.result(`${escapeControls(JSON.stringify(value, null, 2))}\n`);
}

/** JSON escapes the controls of ASCII; a terminal also obeys those above it, and DEL. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
