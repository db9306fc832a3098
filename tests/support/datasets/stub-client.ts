import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Programs named as the clients of registries, which take packages from a folder, the shelf, in the place of a network:
 * there `@a/b@1` lies as `_a_b_1.tgz` and `c=2` as `c_2.deb`. Each call is a line of `calls.txt` on the shelf.
 *
 * @returns their folder, for the front of PATH.
 */
export function stubClients(shelf: string): string {
  const folder = join(shelf, "bin");
  mkdirSync(folder, { recursive: true });
  for (const [client, script] of Object.entries(scripts)) {
    const path = join(folder, client);
    writeFileSync(path, `#!/bin/sh\nshelf="${shelf}"\n${common}${script}`);
    chmodSync(path, 0o755);
  }
  return folder;
}

const common = `echo "$(basename "$0") $*" >> "$shelf/calls.txt"
shelved() { echo "$shelf/$(echo "$1" | tr '/@=:' '____')"; }
`;

const scripts: Readonly<Record<string, string>> = {
  npm: `if [ -e "$(shelved "$2").tgz" ]; then cp "$(shelved "$2").tgz" .; exit 0; fi
echo "npm error code EAI_AGAIN" >&2
echo "npm error request to somewhere failed, reason: no network" >&2
exit 1
`,
  "apt-get": `echo "'shelf:$(shelved "$3").deb' name.deb 9 SHA256:0"
`,
  "apt-helper": `if [ -e "\${2#shelf:}" ]; then cp "\${2#shelf:}" "$3"; exit 0; fi
echo "E: Failed to fetch it, no network" >&2
exit 1
`,
};
