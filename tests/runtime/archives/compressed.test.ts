import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { usualLimits } from "../../../runtime/archives/archive-limits.ts";
import { debianFiles, tarFiles } from "../../../runtime/archives/open-archive.ts";
import { arOf } from "../../support/archives/make-ar.ts";
import { joined, tarOf } from "../../support/archives/make-tar.ts";
import { textsOf } from "../../support/archives/read-all.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-compressed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const tar = tarOf([
  { name: "./one.txt", content: "first" },
  { name: "two.txt", content: "second" },
]);
const texts = [
  ["one.txt", "first"],
  ["two.txt", "second"],
];
/** The same tar, as `xz` compresses it: there is nothing here that could. */
const xz = Buffer.from(
  "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4Av/AGBdABcLymdplKmzTVyyD83hNzGaC/PXuvmA7cdGIqft26FRWr2u13/zxoKXFQgY4Uw7xBUCSgVHN7aXXDytYb5VrsQuaZrvQJpbRCUio8MRHPXfR2ykjRKEKU+3McqJmYcuAAA5VTXVAAF4gBgAAACTlG8APjANiwIAAAAAAVla",
  "base64",
);
const refused = (reason: RegExp) =>
  expect.objectContaining({ code: "archive-refused", message: expect.stringMatching(reason) });
const broken = (reason: RegExp) =>
  expect.objectContaining({ code: "archive-broken", message: expect.stringMatching(reason) });

describe("a compressed tar", () => {
  test("is read through gzip and xz", async () => {
    expect(await textsOf(tarFiles(written("a.tgz", zlib.gzipSync(tar))))).toEqual(texts);
    expect(await textsOf(tarFiles(written("a.tar.xz", xz)))).toEqual(texts);
    expect(await textsOf(tarFiles(written("a.tar", tar)))).toEqual(texts);
  });

  test.each(["tgz", "tar.xz"])("that is cut short or damaged is broken: %s", async (ending) => {
    const bytes = ending === "tgz" ? zlib.gzipSync(tar) : xz;
    for (const length of [0, 5, bytes.length >> 1, bytes.length - 1]) {
      const path = written(`cut-${length}.${ending}`, bytes.subarray(0, length));
      await expect(textsOf(tarFiles(path))).rejects.toEqual(broken(/./));
    }
    const damaged = Uint8Array.from(bytes);
    const at = bytes.length >> 1;
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    const path = written(`damaged.${ending}`, damaged);
    await expect(textsOf(tarFiles(path))).rejects.toEqual(broken(/./));
  });

  test("is a bomb where it grows out of proportion, or beyond what was asked for", async () => {
    const zeros = new Uint8Array(3 << 20);
    const bomb = written("bomb.tgz", zlib.gzipSync(tarOf([{ name: "a", content: zeros }])));
    await expect(textsOf(tarFiles(bomb))).rejects.toEqual(refused(/grow to/));
    const limits = { ...usualLimits, totalBytes: 2000 };
    const path = written("b.tgz", zlib.gzipSync(tar));
    await expect(textsOf(tarFiles(path, limits))).rejects.toEqual(refused(/more than 2000 bytes/));
  });

  test("by zstd is read where Node can, and else refused with what would do", async () => {
    const compress: unknown = Reflect.get(zlib, "zstdCompressSync");
    const path = (bytes: Uint8Array) => written("a.tar.zst", bytes);
    if (typeof compress === "function") {
      const bytes = (compress as (bytes: Uint8Array) => Uint8Array)(tar);
      expect(await textsOf(tarFiles(path(bytes)))).toEqual(texts);
    } else {
      await expect(textsOf(tarFiles(path(tar)))).rejects.toMatchObject({
        code: "archive-unreadable",
        hint: expect.stringContaining("22.15"),
      });
    }
  });

  test("that is not there is a missing file", async () => {
    await expect(textsOf(tarFiles(join(folder, "none.tgz")))).rejects.toMatchObject({
      code: "file-missing",
    });
  });
});

describe("a Debian package", () => {
  const control = zlib.gzipSync(tarOf([{ name: "./control", content: "Package: x\n" }]));
  const version = Buffer.from("2.0\n");
  const withData = (data: Readonly<Record<string, Uint8Array>>) =>
    arOf({ "debian-binary": version, "control.tar.gz": control, ...data });

  test("gives the files of its data, and passes links over", async () => {
    const linked = tarOf([
      { name: "./usr/", type: "5" },
      { name: "./usr/a.svg", content: "<svg/>" },
      { name: "./usr/b.svg", type: "2" },
    ]);
    const path = written("a.deb", withData({ "data.tar.gz": zlib.gzipSync(linked) }));
    expect(await textsOf(debianFiles(path))).toEqual([["usr/a.svg", "<svg/>"]]);
    const packed = written("b.deb", withData({ "data.tar.xz": xz }));
    expect(await textsOf(debianFiles(packed))).toEqual(texts);
  });

  test.each([
    ["is none", Buffer.from("PK\u0003\u0004 and so on")],
    ["has no data", withData({})],
    ["ends in its data", withData({ "data.tar.xz": xz }).subarray(0, -9)],
    ["ends in a header", withData({ "data.tar.xz": xz }).subarray(0, 90)],
    ["has garbage between members", joined([withData({}), new Uint8Array(60)])],
  ])("that %s is broken", async (_, bytes) => {
    await expect(textsOf(debianFiles(written("c.deb", bytes)))).rejects.toEqual(broken(/./));
  });

  test("with two members of one name, or many, is refused", async () => {
    const twice = joined([withData({}), withData({}).subarray(8)]);
    await expect(textsOf(debianFiles(written("d.deb", twice)))).rejects.toEqual(refused(/twice/));
    const many = arOf(
      Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`m${at}`, version])),
    );
    await expect(textsOf(debianFiles(written("e.deb", many)))).rejects.toEqual(
      refused(/more than 16/),
    );
  });
});
