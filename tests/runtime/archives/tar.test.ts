import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { create } from "tar";
import { afterAll, describe, expect, test } from "vitest";
import { type ArchiveLimits, usualLimits } from "../../../runtime/archives/archive-limits.ts";
import { tarMembers } from "../../../runtime/archives/tar-file.ts";
import { streamTar } from "../../../runtime/archives/tar-stream.ts";
import { RuntimeFault } from "../../../runtime/faults.ts";
import { readWhole } from "../../../runtime/files/read-bytes.ts";
import {
  joined,
  type MadeMember,
  paxRecords,
  tarMember,
  tarOf,
} from "../../support/archives/make-tar.ts";
import { textsOf } from "../../support/archives/read-all.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-tar-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function written(bytes: Uint8Array): string {
  made++;
  const path = join(folder, `${made}.tar`);
  writeFileSync(path, bytes);
  return path;
}

/** In pieces of odd lengths, as a network gives them. */
async function* inPieces(bytes: Uint8Array, length = 333) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Path and text of each file, as the index finds them in the file. */
function throughIndex(bytes: Uint8Array): readonly (readonly [string, string])[] {
  return [...tarMembers(written(bytes))]
    .filter(({ kind }) => kind === "file")
    .map(({ path, offset, size }) => [
      path,
      new TextDecoder().decode(bytes.subarray(offset, offset + size)),
    ]);
}

async function throughStream(bytes: Uint8Array, limits: ArchiveLimits = usualLimits) {
  const found = await textsOf(streamTar(inPieces(bytes), { path: "x.tar", limits }));
  return found.filter(([path]) => path !== "" && !path.endsWith("folder"));
}

describe("a tar", () => {
  test("gives its files in order, from a file and from a stream", async () => {
    const bytes = tarOf([
      { name: "./", type: "5" },
      { name: "./a.txt", content: "one" },
      { name: "some-folder/", type: "5" },
      { name: "some-folder/b.txt", content: "x".repeat(1000) },
      { name: "old.txt", type: "\0", content: "version 7" },
      { name: "tail.txt", prefix: "front/of/it", content: "" },
    ]);
    const expected = [
      ["a.txt", "one"],
      ["some-folder/b.txt", "x".repeat(1000)],
      ["old.txt", "version 7"],
      ["front/of/it/tail.txt", ""],
    ];
    expect(throughIndex(bytes)).toEqual(expected);
    expect(await throughStream(bytes)).toEqual(expected);
  });

  test("names that are long or not ASCII: pax, GNU, and what the tar package writes", async () => {
    const long = `${"很长的名字/".repeat(40)}图.png`;
    const pax = tarOf([
      { name: "comment", type: "g", content: paxRecords({ comment: "nothing" }) },
      { name: "x", type: "x", content: paxRecords({ mtime: "1.5", path: long, size: "3" }) },
      { name: "short", content: "abc", statedSize: 0 },
    ]);
    // The size of the extended header counts, so the content is behind it all the same.
    expect(throughIndex(pax)).toEqual([[long, "abc"]]);
    const gnu = tarOf([
      { name: "././@LongLink", type: "L", content: `${long}\0` },
      { name: "short", content: "abc" },
    ]);
    expect(await throughStream(gnu)).toEqual([[long, "abc"]]);
    const name = `${"n".repeat(90)}-é.txt`;
    writeFileSync(join(folder, name), "written by another hand");
    const path = join(folder, "made.tar");
    await create({ file: path, cwd: folder }, [name]);
    expect(throughIndex(readWhole(path, 1 << 20))).toEqual([[name, "written by another hand"]]);
  });

  test("members need not be read, and many small ones are found at their offsets", async () => {
    const members = Array.from({ length: 200 }, (_, at) => ({
      name: `${at}`,
      content: `${at},`.repeat((at * 7) % 300),
    }));
    const bytes = tarOf(members);
    expect(throughIndex(bytes)).toEqual(members.map(({ name, content }) => [name, content]));
    const paths: string[] = [];
    for await (const { path } of streamTar(inPieces(bytes), { path: "x", limits: usualLimits }))
      paths.push(path);
    expect(paths).toEqual(members.map(({ name }) => name));
  });
});

const file = (name: string): MadeMember => ({ name, content: "harm" });
const end = new Uint8Array(1024);
const hostile: readonly (readonly [
  what: string,
  bytes: Uint8Array,
  code: string,
  reason: RegExp,
])[] = [
  ["leads out", tarOf([file("a/../../b")]), "archive-refused", /leads out/],
  ["leads out at once", tarOf([file("..")]), "archive-refused", /leads out/],
  ["is absolute", tarOf([file("/etc/passwd")]), "archive-refused", /absolute/],
  ["names a drive", tarOf([file("C:/x")]), "archive-refused", /absolute/],
  ["separates as Windows does", tarOf([file("..\\x")]), "archive-refused", /backslash/],
  ["rings a bell", tarOf([file("a\u0007b")]), "archive-refused", /control/],
  [
    "is no UTF-8",
    tarOf([{ ...file(""), name: Uint8Array.of(0xff, 0xfe) }]),
    "archive-refused",
    /UTF-8/,
  ],
  ["has no name", tarOf([file("")]), "archive-refused", /no name/],
  ["is only the folder", tarOf([file("./")]), "archive-refused", /no name/],
  [
    "leads out by pax",
    tarOf([{ name: "x", type: "x", content: paxRecords({ path: "../b" }) }, file("b")]),
    "archive-refused",
    /leads out/,
  ],
  [
    "leads out by a long name",
    tarOf([{ name: "x", type: "L", content: "../b\0" }, file("b")]),
    "archive-refused",
    /leads out/,
  ],
  ["is a symbolic link", tarOf([{ name: "a", type: "2" }]), "archive-refused", /is a link/],
  ["is a hard link", tarOf([{ name: "a", type: "1" }]), "archive-refused", /is a link/],
  ["is a device", tarOf([{ name: "a", type: "3" }]), "archive-refused", /device/],
  ["is a pipe", tarOf([{ name: "a", type: "6" }]), "archive-refused", /pipe/],
  ["is sparse", tarOf([{ name: "a", type: "S" }]), "archive-refused", /sparse/],
  [
    "is sparse by pax",
    tarOf([{ name: "x", type: "x", content: paxRecords({ "GNU.sparse.major": "1" }) }, file("b")]),
    "archive-refused",
    /sparse/,
  ],
  ["is of no known kind", tarOf([{ name: "a", type: "Z" }]), "archive-refused", /unknown kind/],
  ["is there twice", tarOf([file("a"), file("./a")]), "archive-refused", /twice/],
  [
    "is a file and a folder",
    tarOf([file("a"), { name: "a/", type: "5" }]),
    "archive-refused",
    /twice/,
  ],
  [
    "is named for all",
    tarOf([{ name: "x", type: "g", content: paxRecords({ path: "a" }) }, file("b")]),
    "archive-refused",
    /all members/,
  ],
  [
    "is named by two headers",
    tarOf([
      { name: "x", type: "x", content: paxRecords({ path: "a" }) },
      { name: "x", type: "L", content: "b\0" },
      file("c"),
    ]),
    "archive-refused",
    /same member/,
  ],
  ["ends in a content", tarOf([file("a")]).subarray(0, 514), "archive-broken", /middle of `a`/],
  ["ends in a header", tarOf([file("a")]).subarray(0, 300), "archive-broken", /header/],
  ["ends between members", tarMember(file("a")), "archive-broken", /two blocks/],
  [
    "ends after one block of zeros",
    joined([tarMember(file("a")), new Uint8Array(512)]),
    "archive-broken",
    /two blocks/,
  ],
  ["is empty", new Uint8Array(), "archive-broken", /two blocks/],
  [
    "goes on behind a block of zeros",
    joined([new Uint8Array(512), tarOf([file("a")])]),
    "archive-broken",
    /between its members/,
  ],
  ["goes on behind its end", joined([end, tarOf([file("a")])]), "archive-broken", /behind its end/],
  ["never ends behind its end", new Uint8Array(3 << 19), "archive-refused", /have no end/],
  [
    "says more than it has",
    tarOf([{ ...file("a"), statedSize: 1 << 20 }]),
    "archive-broken",
    /middle of `a`/,
  ],
  [
    "says less than it has",
    tarOf([{ name: "a", content: "x".repeat(600), statedSize: 100 }]),
    "archive-broken",
    /checksum/,
  ],
  [
    "says a size that is none",
    tarOf([{ ...file("a"), statedSize: "12x4" }]),
    "archive-broken",
    /no number/,
  ],
  [
    "says a size beyond all",
    tarOf([{ ...file("a"), statedSize: "77777777777\0" }]),
    "archive-refused",
    /is the most/,
  ],
  [
    "has a wrong checksum",
    tarOf([{ ...file("a"), hasWrongSum: true }]),
    "archive-broken",
    /checksum/,
  ],
  [
    "is a folder with content",
    tarOf([{ name: "a/", type: "5", content: "x" }]),
    "archive-broken",
    /is a folder/,
  ],
  [
    "lies in its extended header",
    tarOf([{ name: "x", type: "x", content: "99 path=a\n" }, file("b")]),
    "archive-broken",
    /list of records/,
  ],
  [
    "has an extended header for nobody",
    tarOf([{ name: "x", type: "x", content: paxRecords({ path: "a" }) }]),
    "archive-broken",
    /behind an extended header/,
  ],
  [
    "has an extended header without end",
    tarOf([{ name: "x", type: "x", statedSize: 1 << 30 }]),
    "archive-refused",
    /extended header of/,
  ],
];

describe("a hostile tar is refused where it", () => {
  test.each(hostile)("%s", async (_, bytes, code, reason) => {
    const message = expect.stringMatching(reason) as unknown;
    const wanted = expect.objectContaining({ code, message }) as unknown;
    await expect(throughStream(bytes)).rejects.toEqual(wanted);
    expect(() => throughIndex(bytes)).toThrow(wanted as Error);
  });

  test("has members without end, or one that is too large", async () => {
    const many = tarOf(Array.from({ length: 30 }, (_, at) => file(`${at}`)));
    const limits = { ...usualLimits, members: 20, memberBytes: 3 };
    await expect(throughStream(many, { ...limits, memberBytes: 9 })).rejects.toThrow(
      "more than 20 members",
    );
    await expect(throughStream(many, limits)).rejects.toThrow("3 is the most");
  });

  test("is any other sequence of bytes: a fault and nothing else", async () => {
    const runs = Number(process.env.WEFT_ARCHIVE_RUNS ?? 25);
    const members = fc.array(
      fc.record({
        // Half of them are names, the others any bytes.
        name: fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.constantFrom("a", "b/c", "../d", "/e")),
        type: fc.constantFrom("0", "0", "0", "5", "x", "L", "g", "K"),
        content: fc.uint8Array({ maxLength: 700 }),
      }),
      { maxLength: 4 },
    );
    const damage = fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(members, damage, fc.nat(4000), async (list, changes, length) => {
        const bytes = tarOf(list).slice(0, 512 + length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const streamed = await throughStream(bytes).catch((error: unknown) => error);
        let indexed: unknown;
        try {
          indexed = throughIndex(bytes).filter(([path]) => !path.endsWith("folder"));
        } catch (error) {
          indexed = error;
        }
        if (indexed instanceof Error) {
          expect(indexed).toBeInstanceOf(RuntimeFault);
          expect(streamed).toBeInstanceOf(RuntimeFault);
          expect((streamed as RuntimeFault).code).toBe((indexed as RuntimeFault).code);
        } else
          for (const [path] of indexed as [string, string][])
            expect(path).not.toMatch(/(^|\/)\.\.(\/|$)|^\/|\\/);
      }),
      { numRuns: runs },
    );
  });
});
