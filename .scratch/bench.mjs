const root = process.argv[2];
const { openDevice } = await import(root + "/dist/runtime/device/open-device.js");
const { deviceProfile } = await import(root + "/dist/runtime/device/device-profile.js");
const { compile } = await import(root + "/dist/compiler/compile.js");
const { memoryLoader } = await import(root + "/dist/compiler/api/load/memory-loader.js");
const { Session } = await import(root + "/dist/runtime/session.js");
for (const driver of ["lavapipe", "swiftshader"]) {
const device = await openDevice({ select: driver });
for (const [name, R, K, body, imp, out] of [["max",512,4096,"max{K}(x)","","f32[R]"],["max1",1,2000000,"max{K}(x)","","f32[R]"],["argmax",16,32000,"argmax{K}(x)","","i32[R]"],["top5",16,32000,"top{K -> P}(x)","","i32[R, P]"],["softmax",512,4096,"softmax{K}(x)",'import { softmax } from "std/functions"',"f32[R, K]"],["sum",512,4096,"sum{K}(exp(x))","","f32[R]"]]) {
  const text = `${imp}\nmodel T {\n axis R = ${R}\n axis K = ${K}\n axis P = 5\n mode forward(x: f32[R, K]) -> ${out} { ${body} }\n}`;
  const r = compile({ entry: "c.weft", model: "T", mode: "forward", loader: memoryLoader("c.weft", text), profile: deviceProfile(device) });
  if (!r.artifact) { console.log(name, r.diagnostics.map(d=>d.message)); continue; }
  const s = await Session.create(r.artifact, device, undefined);
  const x = new Float32Array(R * K).map((_, i) => Math.sin(i * 12.9898) * 5);
  const times = [];
  const stages = s.executable ?? s;
  for (let i = 0; i < 12; i++) { const t0 = performance.now(); await s.run({ x: { element: "f32", shape: [R, K], data: x } }); times.push(performance.now() - t0); }
  times.sort((a, b) => a - b);
  console.log(driver, name, "min", times[0].toFixed(2), "median", times[6].toFixed(2));
  s.dispose();
}}
process.exit(0);
