import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kernelPasses } from "../../compiler/pipeline.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const internvit = "models/internvit/internvit.weft";

describe("weft inspect --emit", () => {
  test.each(["graph", "optimized", "kernels", "fused", "dispatches", "plan", "wgsl"])(
    "prints %s",
    async (stage) => {
      const args = [
        "inspect",
        internvit,
        "--model",
        "InternViT_tiny",
        "--mode",
        "pooled",
        "--emit",
        stage,
      ];
      const { exitCode, stdout } = await runWeft(args, root);
      expect(exitCode).toBe(0);
      expect(stdout.length).toBeGreaterThan(200);
    },
  );

  test("prints the graph after any pass", async () => {
    const args = [
      "inspect",
      internvit,
      "--model",
      "InternViT_tiny",
      "--mode",
      "forward",
      "--emit",
      "graph",
    ];
    const [before, after] = [
      await runWeft(args, root),
      await runWeft([...args, "--after", "prune"], root),
    ];
    expect(before.stdout).toContain("real[");
    expect(after.stdout).not.toContain("real[");
  });

  describe("prints the kernels after any pass", () => {
    const args = ["inspect", internvit, "--model", "InternViT_tiny", "--mode", "forward"];
    const kernelsAfter = async (pass: string) =>
      runWeft([...args, "--emit", "kernels", "--after", pass], root);

    test("norms are kernels until they are folded", async () => {
      const [fused, folded] = [await kernelsAfter("fuse"), await kernelsAfter("fold-norms")];
      const rows = (text: string) => text.match(/^kernel .*\(row\)$/gm)?.length ?? 0;
      expect(rows(folded.stdout)).toBeGreaterThan(0);
      expect(rows(folded.stdout)).toBeLessThan(rows(fused.stdout));
    });

    test.each([...kernelPasses.step, ...kernelPasses.program].map(({ name }) => name))(
      "%s",
      async (name) => {
        const { exitCode, stdout } = await kernelsAfter(name);
        expect(exitCode).toBe(0);
        expect(stdout).toContain("(attend)");
      },
    );

    test("and says what there is instead of a name that it does not know", async () => {
      const { exitCode, stderr } = await kernelsAfter("fold-norm");
      expect(exitCode).toBe(2);
      expect(stderr).toContain("did you mean `fold-norms`?");
      const ofGraph = await kernelsAfter("prune");
      expect(ofGraph.stderr).toContain("`--after` knows no `prune`");
      const ofPlan = await runWeft([...args, "--emit", "plan", "--after", "prune"], root);
      expect(ofPlan.stderr).toContain("`--after` has nothing to print");
    });
  });
});
