import { expect, test } from "vitest";
import { describeOperations } from "../../compiler/ops/describe-operations.ts";

/** `npx vitest run tests/ops/operations-page.test.ts -u` writes the page anew. */
test("docs/operations.md is what the records say", async () => {
  const page = new URL("../../docs/operations.md", import.meta.url);
  await expect(describeOperations()).toMatchFileSnapshot(page.pathname);
});
