import { describe, expect, test } from "vitest";
import { plainStyle } from "../../compiler/api/text/style.ts";
import { hostOf } from "../../compiler/cli/host.ts";
import { watchCompiler } from "../../compiler/cli/report/watch-compiler.ts";
import { weightText } from "../../compiler/cli/report/weight-text.ts";
import { handWrittenArtifact } from "../support/artifacts/hand-written-artifact.ts";

describe("who waits for the compiler", () => {
  test("hears nothing for a second, and in a log a line now and then", () => {
    let said = "";
    const stream = { write: () => undefined, isTerminal: false, style: plainStyle };
    const write = (text: string): void => {
      said += text;
    };
    let time = 0;
    const host = hostOf(stream, { ...stream, write }, () => time);
    const progress = watchCompiler(host, "Vit.forward");
    const at = (milliseconds: number, form: string): string => {
      time = milliseconds;
      said = "";
      progress.watch(form);
      return said;
    };
    expect(at(990, "graph")).toBe("");
    expect(at(1200, "simplify")).toBe("compiling Vit.forward: simplify after 1.20 s\n");
    expect(at(3000, "fuse")).toBe("");
    expect(at(6300, "kernels")).toBe("compiling Vit.forward: kernels after 6.30 s\n");
    progress.finish();
  });
});

describe("the time of the weights", () => {
  const report = {
    source: { kind: "random", seed: 1 },
    bytes: 1024 * 1024,
    timeMs: 9280,
    waitedMs: 9030,
    quantized: [],
    initialised: [],
    resampled: [],
    unused: [],
    ignored: [],
  } as const;
  const artifact = handWrittenArtifact();

  test("is not that of a driver that compiles on the same cores", () => {
    expect(weightText(report, artifact, true)).toBe(
      [
        "weights: 1.00 MiB from initialisers with seed 1 in 250.00 ms (4.00 MiB/s)",
        "kernels: compiled by the driver beside the weights, and 9.03 s longer",
        "",
      ].join("\n"),
    );
    expect(weightText({ ...report, waitedMs: 80 }, artifact, true)).not.toContain("kernels");
  });

  test("has the way to a graphics card in it", () => {
    expect(weightText(report, artifact, false)).toBe(
      "weights: 1.00 MiB from initialisers with seed 1 in 9.28 s (110.3 KiB/s)\n",
    );
  });
});
