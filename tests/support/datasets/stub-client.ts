import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A folder with a program of this name that does as the clients of registries do: it puts `NAME.ENDING` of its shelf
 * into the folder in which it runs, and notes each call in `calls.txt` of the shelf.
 *
 * @returns the folder, for the front of PATH.
 */
export function stubClient(client: "npm" | "apt-get", shelf: string): string {
  const folder = join(shelf, `bin-${client}`);
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh
echo "$*" >> "${shelf}/calls.txt"
for word in "$@"; do
  for file in "${shelf}/$(echo "$word" | tr '/@=:' '____')".*; do
    if [ -e "$file" ]; then cp "$file" .; exit 0; fi
  done
done
echo "npm error code EAI_AGAIN" >&2
echo "npm error request to somewhere failed, reason: no network" >&2
echo "E: Failed to fetch it, no network" >&2
exit 1
`;
  const path = join(folder, client);
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return folder;
}
