"""The vision transformer of the comparison in PyTorch, trained on the CPU: a step for each line that is read."""

import json
import resource
import struct
import sys

import torch
from torch.nn import functional

work = json.loads(sys.stdin.readline())
sizes, rule = work["sizes"], work["optimizer"]


def tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    return {
        name: torch.frombuffer(data, dtype=torch.float32, offset=entry["data_offsets"][0],
                               count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4)
        .reshape(entry["shape"]).clone()
        for name, entry in header.items()
    }


def linear(name, x):
    return functional.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def norm(name, x):
    return functional.layer_norm(x, (sizes["width"],), weights[name + ".weight"], weights[name + ".bias"], 1e-6)


def classify(pixels):
    batch, tokens, width, heads = (sizes[name] for name in ("batch", "tokens", "width", "heads"))
    patches = functional.conv2d(pixels, weights["patches.weight"], weights["patches.bias"], stride=sizes["patch"])
    cls = weights["cls"].expand(batch, 1, width)
    x = torch.cat([cls, patches.flatten(2).transpose(1, 2)], 1) + weights["position"]
    for i in range(sizes["depth"]):
        block = f"blocks.{i}."
        qkv = linear(block + "attn.qkv", norm(block + "norm1", x))
        q, k, v = qkv.reshape(batch, tokens, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        scores = (q * (width // heads) ** -0.5) @ k.transpose(-2, -1)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width)
        x = x + linear(block + "attn.proj", mixed)
        wide = functional.gelu(linear(block + "mlp.fc1", norm(block + "norm2", x)))
        x = x + linear(block + "mlp.fc2", wide)
    return linear("head", norm("norm", x[:, 0]))


weights = {name: value.requires_grad_() for name, value in tensors(work["weights"]).items()}
pixels = tensors(work["inputs"])["pixels"]
labels = torch.tensor(work["labels"])
optimizer = torch.optim.AdamW(weights.values(), lr=rule["lr"], betas=(rule["beta1"], rule["beta2"]),
                              eps=rule["eps"], weight_decay=rule["decay"])
build = torch.__config__.show()
maker = "MKL" if "BLAS_INFO=mkl" in build else "OpenBLAS" if "BLAS_INFO=open" in build else "BLAS of the system"
print(json.dumps({"version": torch.__version__, "blas": maker, "threads": torch.get_num_threads()}), flush=True)
for _ in sys.stdin:
    optimizer.zero_grad()
    loss = functional.cross_entropy(classify(pixels), labels)
    loss.backward()
    optimizer.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"loss": loss.item(), "peakBytes": peak}), flush=True)
