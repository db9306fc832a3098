import { describe, expect, test } from "vitest";
import { fault, faults, RuntimeFault } from "../../runtime/faults.ts";

describe("faults of the runtime", () => {
  test.each(Object.entries(faults))("%s tells its story", (code, entry) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(entry.title.length).toBeGreaterThan(10);
    expect(entry.title).not.toMatch(/\.$/);
    expect(entry.explain.length).toBeGreaterThan(60);
    expect([1, 3]).toContain(entry.exitCode);
  });

  test("carry code, hint and exit code", () => {
    const found = fault("file-missing", { path: "a.npy" });
    expect(found).toBeInstanceOf(RuntimeFault);
    expect(found).toMatchObject({
      code: "file-missing",
      exitCode: 1,
      message: "there is no file `a.npy`",
    });
    expect(found.hint).toContain("relative");
  });
});
