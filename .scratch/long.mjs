import { run, openDevice, t } from "./h.mjs";
for (const driver of process.argv.slice(2)) {
  const device = await openDevice({ select: driver });
  const n = 17_000_000;
  for (const kind of ["normal", "equal", "mixed"]) {
  const x = new Float32Array(n).map(() => kind === "normal" ? Math.random() * 4 : kind === "equal" ? 1.1 : 0.7); if (kind === "mixed") x[5] = 1.7;
  let top = -Infinity; for (const v of x) top = Math.max(top, v);
  let s = 0, sx = 0, sq = 0; for (const v of x) { s += Math.exp(v - top); sx += v; sq += v * v; }
  for (const [name, body, out, want] of [
    ["softmax", `softmax{K}(x)`, "f32[K]", null],
    ["lse", `logsumexp{K}(x)`, "f32[]", top + Math.log(s)],
    ["sum", `sum{K}(x)`, "f32[]", sx], ["mean", "mean{K}(x)", "f32[]", sx / n], ["dot", "sum{K}(x * y)", "f32[]", sq], ["norm", "sum{K}(x ^ 2)", "f32[]", sq]]) {
    const text = `${name==="softmax"?`import { softmax } from "std/functions"`:name==="lse"?`import { logsumexp } from "std/functions"`:""}\nmodel T {\n axis K = ${n}\n mode forward(x: f32[K], y: f32[K]) -> ${out} { ${body} + 0.0 * y${name==="softmax"?"":""} }\n}`.replace(name === "softmax" ? "nothing" : " + 0.0 * y", name==="softmax" ? "" : "").replace(name==="softmax"?" + 0.0 * y":"zz", "");
    const t0 = performance.now();
    try {
      const text2 = name === "dot" ? text : text.replace(", y: f32[K]", "");
      const { output } = await run(device, text2, name === "dot" ? { x: t(x, [n]), y: t(x, [n]) } : { x: t(x, [n]) });
      let got = output.data[0], w = want;
      if (name === "softmax") { got = 0; for (const v of output.data) got += v; w = 1; }
      console.log(driver, kind, name, got, w, "rel", Math.abs(got / w - 1).toExponential(2), (performance.now() - t0).toFixed(0) + "ms");
    } catch (e) { console.log(driver, kind, name, String(e).slice(0, 300)); }
  }}
}
process.exit(0);
