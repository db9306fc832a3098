import type { StreamedMember } from "../../../runtime/archives/tar-stream.ts";

/** Path and text of each member, in order. */
export async function textsOf(
  members: AsyncIterable<StreamedMember>,
): Promise<readonly (readonly [path: string, text: string])[]> {
  const found: [string, string][] = [];
  for await (const member of members)
    found.push([member.path, new TextDecoder().decode(await member.read())]);
  return found;
}
