import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatTime } from "../../compiler/api/text/format-quantity.ts";
import { parseSettings, parseSizes } from "../../compiler/cli/options/parse-assignments.ts";
import { parseGemm } from "../../compiler/tune/gemm.ts";

describe("values and quantities on the command line", () => {
  test("settings are numbers, truth values or text", () => {
    expect(
      parseSettings(["image=84", "qk_norm=false", "drop=1e-3", "D=3_200", "name=b=c"]),
    ).toEqual({
      image: 84,
      qk_norm: false,
      drop: 0.001,
      D: 3200,
      name: "b=c",
    });
    expect(() => parseSettings(["image"])).toThrow("name=value");
  });

  test("sizes are whole numbers, and may be 0", () => {
    expect(parseSizes(["B=8", "N=0"])).toEqual({ B: 8, N: 0 });
    for (const bad of ["B=-1", "B=1.5", "B=x"])
      expect(() => parseSizes([bad])).toThrow("takes a whole number, not");
  });

  test("products of matrices", () => {
    expect(parseGemm("257x3200x9600")).toEqual({ m: 257, k: 3200, n: 9600, precision: "f32" });
    expect(parseGemm("1x2x3:f16").precision).toBe("f16");
    for (const bad of ["1x2", "0x2x3", "1x2x3:f8", "axbxc"])
      expect(() => parseGemm(bad)).toThrow("MxKxN");
  });

  test("quantities for people", () => {
    expect([0, 1023, 1024, 6_000_000_000].map(formatBytes)).toEqual([
      "0 B",
      "1023 B",
      "1.00 KiB",
      "5.59 GiB",
    ]);
    expect([999, 1_536_462_028_800, 5_902_793_600].map(formatCount)).toEqual([
      "999",
      "1536.5 G",
      "5902.8 M",
    ]);
    expect([0.01, 2, 1500, 120_000].map(formatTime)).toEqual([
      "10.0 us",
      "2.00 ms",
      "1.50 s",
      "2.0 min",
    ]);
  });
});
