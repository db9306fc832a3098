import { openDevice } from "../dist/runtime/device/open-device.js"; const openTestDevice = (select) => openDevice({ select, robust: false });
for (const driver of ["lavapipe","swiftshader"]) {
  const device = await openTestDevice(driver);
  if (!device) continue;
  const gpu = device.gpu;
  const code = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn key(v: f32) -> i32 { let b = bitcast<i32>(v); let a = b & 0x7fffffff; return select(select(a, -a, b < 0), 0x7fffffff, a > 0x7f800000); }
fn value(k: i32) -> f32 { let a = abs(k); return bitcast<f32>(select(a, bitcast<i32>(bitcast<u32>(a) | 0x80000000u), k < 0)); }
@compute @workgroup_size(1) fn main() {
  let nan = x[0]; let inf = x[1]; let one = x[2]; let ninf = x[3];
  y[0] = select(0.0, 1.0, nan != nan);
  y[1] = select(0.0, 1.0, !(nan <= nan));
  y[2] = select(0.0, 1.0, (bitcast<u32>(nan) & 0x7fffffffu) > 0x7f800000u);
  y[3] = max(nan, one); y[4] = max(one, nan); y[5] = min(nan, one); y[6] = min(one, nan);
  y[7] = max(inf, one); y[8] = exp(ninf); y[9] = exp(nan); y[10] = exp2(nan); y[11] = exp2(ninf); y[12] = exp2(-1e38);
  y[13] = value(key(nan)); y[14] = value(key(inf)); y[15] = value(key(ninf)); y[16] = value(key(-one));
  y[17] = value(max(key(ninf), key(one))); y[18] = select(0.0, 1.0, one == nan); y[19] = select(0.0,1.0, ninf == ninf); y[20] = log(x[4]); y[21] = inf - inf; y[22]= x[4] / x[4]; y[23]= one/x[4];
  y[24] = select(0.0, 1.0, one < nan); y[25] = select(0.0, 1.0, nan > one);
}`;
  const module = gpu.createShaderModule({ code });
  const pipeline = gpu.createComputePipeline({ layout: "auto", compute: { module } });
  const xb = gpu.createBuffer({ size: 32, usage: 0x80 | 0x8 }); gpu.queue.writeBuffer(xb, 0, new Float32Array([NaN, Infinity, 1, -Infinity, 0]));
  const yb = gpu.createBuffer({ size: 128, usage: 0x80 | 0x4 }); const rb = gpu.createBuffer({ size: 128, usage: 1 | 8 });
  const e = gpu.createCommandEncoder(); const p = e.beginComputePass(); p.setPipeline(pipeline); p.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: xb } }, { binding: 1, resource: { buffer: yb } }] })); p.dispatchWorkgroups(1); p.end(); e.copyBufferToBuffer(yb, 0, rb, 0, 128); gpu.queue.submit([e.finish()]); await rb.mapAsync(1);
  console.log(driver, [...new Float32Array(rb.getMappedRange()).slice(0,26)].map((v, i) => i + ":" + v).join("  "));
  
}
process.exit(0);
