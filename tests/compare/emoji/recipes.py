"""Short runs of models/internvl-small under other settings, in PyTorch, which takes a fifth of the time on two cores.

    python3 tests/compare/emoji/recipes.py [--drawings-loss 1.0] [--moved 0.9] [--coloured 1.2] ... [--steps 2400]

Prints the FLOPs, the loss of the last 200 steps and recall at 1, 5 and 10 among 1,594 names, image to name and name to
image, means of five languages: of the artist that is held out, and of one that is trained on. Sizes, first weights and
the optimizer are those of the stage; pictures are changed and paired by code of its own, so that numbers are near those of
Weft and not the same. Needs what `weft data get emoji` makes, and torch, PIL and sentencepiece (Debian: python3-torch,
python3-pil, python3-sentencepiece). One thread: two runs side by side take both cores.
"""

import argparse
import json
import math
import os
import pathlib
import time

import numpy
import sentencepiece
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

folder = pathlib.Path(__file__).resolve().parents[3] / "models" / "internvl-small"
cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "weft" / "data" / "emoji"

parser = argparse.ArgumentParser()
for name, kind, default in [
    ("data", pathlib.Path, cache), ("steps", int, 2400), ("batch", int, 256), ("seed", int, 1),
    ("rate", float, 2e-3), ("table-rate", float, 4.0), ("warmup", int, 100), ("decay", float, 0.2),
    ("initializer-range", float, 0.09), ("table-range", float, 0.02), ("patch-range", float, None),
    ("patch", int, 16), ("depth", int, 2), ("drop-path", float, 0.0),
    ("moved", float, 0.9), ("coloured", float, 1.2), ("hue", float, 0.1), ("coloured-background", int, 0),
    ("drawings-loss", float, 1.0), ("mixed", float, 0.0), ("report-every", int, 0),
]:
    parser.add_argument(f"--{name}", type=kind, default=default)
args = parser.parse_args()

side, width, hidden, heads, text_hidden, places, pieces = 32, 128, 512, 4, 344, 12, 2000
tokens = (side // args.patch) ** 2
languages = ["en", "zh", "ja", "ar", "it"]
grey = torch.tensor([124, 116, 104]).view(3, 1, 1) / 255
deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
torch.set_num_threads(1)
torch.manual_seed(args.seed)
draws = numpy.random.RandomState(args.seed)


def read_data():
    """Drawings with colours times opacity, the pieces of names by language, and what each drawing is."""
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    entries = [json.loads(line) for line in open(args.data / "captions.jsonl", encoding="utf-8")]
    drawings, names = [], []
    for entry in entries:
        picture = numpy.asarray(Image.open(args.data / entry["image"]).convert("RGBA"), dtype=numpy.float32) / 255
        drawings.append(numpy.concatenate([picture[..., :3] * picture[..., 3:], picture[..., 3:]], -1))
        names.append([
            pieces_of(tokenizer, entry["text"].get(language, entry["text"]["en"])[0]) for language in languages
        ])
    drawings = torch.tensor(numpy.stack(drawings)).permute(0, 3, 1, 2)
    signs = {sign: number for number, sign in enumerate(sorted({entry["key"] for entry in entries}))}
    return (
        functional.interpolate(drawings, size=(side, side), mode="area"), torch.tensor(names),
        torch.tensor([signs[entry["key"]] for entry in entries]),
        numpy.array([entry["source"] for entry in entries]), numpy.array([entry["shared"] for entry in entries]),
    )


def pieces_of(tokenizer, name):
    ids = [1, *tokenizer.encode("summarize:" + name), 2]
    if len(ids) > places:
        ids = [*ids[: places - 1], 2]
    return ids + [0] * (places - len(ids))


def between(count, low, high):
    return torch.rand(count) * (high - low) + low


def normalized(drawings):
    """On the grey that is 0 to the model."""
    return (drawings[:, :3] - grey * drawings[:, 3:]) / deviation


def changed(drawings):
    """Turned, zoomed, slanted and moved as much as `--moved` says, and coloured anew as much as `--coloured` does."""
    much, count = args.moved, len(drawings)
    angle, slant = (between(count, -most, most) * math.pi / 180 for most in (20 * much, 8 * much))
    zoom = torch.exp(between(count, math.log(0.7) * much, math.log(1.3) * much))
    right, down = between(count, -0.2 * much, 0.2 * much), between(count, -0.2 * much, 0.2 * much)
    c, s, slope = torch.cos(angle) / zoom, torch.sin(angle) / zoom, torch.tan(slant)
    back = torch.stack(
        [torch.stack([c, c * slope - s, right], -1), torch.stack([s, c + s * slope, down], -1)], 1)
    grid = functional.affine_grid(back, drawings.shape, align_corners=False)
    moved = functional.grid_sample(drawings, grid, align_corners=False)
    colours, opacity = moved[:, :3], moved[:, 3:]
    if args.coloured_background:
        colours, opacity = colours + grey * (1 - opacity), torch.ones_like(opacity)
    most = 0.4 * args.coloured
    light, contrast, colour = (between(count, max(0, 1 - most), 1 + most).view(-1, 1, 1, 1) for _ in range(3))
    colours = colours * light
    mean = luma(colours).mean((2, 3), keepdim=True) / opacity.mean((2, 3), keepdim=True).clamp(min=0.02)
    colours = (colours - mean * opacity) * contrast + mean * opacity
    colours = (colours - luma(colours)) * colour + luma(colours)
    colours = torch.einsum("nij,njyx->niyx", turned_hues(between(count, -args.hue, args.hue)), colours)
    return normalized(torch.cat([torch.minimum(colours.clamp(min=0), opacity), opacity], 1))


def luma(colours):
    return (colours * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def turned_hues(turns):
    """Turns about the axis of greys."""
    c, s = torch.cos(2 * math.pi * turns), torch.sin(2 * math.pi * turns)
    same, one, other = (1 + 2 * c) / 3, (1 - c) / 3 - s / math.sqrt(3), (1 - c) / 3 + s / math.sqrt(3)
    rows = [[same, one, other], [other, same, one], [one, other, same]]
    return torch.stack([torch.stack(row, -1) for row in rows], 1)


def linear(inputs, outputs, biased=False, spread=None):
    layer = nn.Linear(inputs, outputs, bias=biased)
    nn.init.trunc_normal_(layer.weight, std=spread or args.initializer_range)
    if biased:
        nn.init.zeros_(layer.bias)
    return layer


def attention(q, k, v, mask=None):
    q, k, v = (one.unflatten(-1, (heads, -1)).transpose(1, 2) for one in (q, k, v))
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Block(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.norm1, self.norm2, self.q_norm, self.k_norm = (RmsNorm() for _ in range(4))
        self.qkv = linear(width, 3 * width)
        self.proj = linear(width, width, True, args.initializer_range / math.sqrt(2 * (layer + 1)))
        self.fc1, self.fc2 = linear(width, hidden, True), linear(hidden, width, True)
        self.ls1, self.ls2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.drop = args.drop_path * layer / max(1, args.depth - 1)

    def kept(self, x):
        if self.drop == 0 or not self.training:
            return x
        return x * (torch.rand(len(x), 1, 1) >= self.drop) / (1 - self.drop)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        x = x + self.kept(self.ls1 * self.proj(attention(self.q_norm(q), self.k_norm(k), v)))
        return x + self.kept(self.ls2 * self.fc2(functional.gelu(self.fc1(self.norm2(x)))))


class ImageTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = linear(3 * args.patch**2, width, True, args.patch_range)
        self.first = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.place = nn.Parameter(0.02 * torch.randn(1, tokens + 1, width))
        self.blocks = nn.ModuleList(Block(layer) for layer in range(args.depth))
        self.norm_q, self.norm_k, self.norm_v = (nn.LayerNorm(width) for _ in range(3))
        self.q, self.k, self.v, self.proj = (linear(width, width, True) for _ in range(4))

    def forward(self, pixels):
        rows = side // args.patch
        tiles = pixels.view(-1, 3, rows, args.patch, rows, args.patch).permute(0, 2, 4, 1, 3, 5)
        x = self.patches(tiles.reshape(len(pixels), tokens, -1))
        x = torch.cat([self.first.expand(len(x), -1, -1), x], 1) + self.place
        for block in self.blocks:
            x = block(x)
        q = self.q(self.norm_q(x.mean(1, keepdim=True)))
        return self.proj(attention(q, self.k(self.norm_k(x)), self.v(self.norm_v(x))))[:, 0]


class TextTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(pieces, width)
        nn.init.trunc_normal_(self.table.weight, std=args.table_range)
        self.norm1, self.norm2, self.norm = (RmsNorm() for _ in range(3))
        self.q, self.k, self.v, self.o = (linear(width, width) for _ in range(4))
        self.gate, self.up, self.down = linear(width, text_hidden), linear(width, text_hidden), linear(text_hidden, width)
        self.projection = nn.Parameter(torch.randn(width, width) * width**-0.5)

    def turned(self, x):
        """Rotary positions."""
        half = width // heads // 2
        angles = torch.arange(places)[:, None] * 10000 ** (-torch.arange(half) / half)
        c, s = (part.repeat(1, 2)[:, None] for part in (angles.cos(), angles.sin()))
        x = x.unflatten(-1, (heads, -1))
        return (x * c + torch.cat([-x[..., half:], x[..., :half]], -1) * s).flatten(2)

    def forward(self, ids):
        x = self.table(ids)
        h = self.norm1(x)
        causal = torch.ones(places, places, dtype=torch.bool).tril()
        x = x + self.o(attention(self.turned(self.q(h)), self.turned(self.k(h)), self.v(h), causal))
        h = self.norm2(x)
        x = x + self.down(functional.silu(self.gate(h)) * self.up(h))
        last = (ids > 0).sum(1) - 1
        return self.norm(x[torch.arange(len(ids)), last]) @ self.projection


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text = ImageTower(), TextTower()
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def images(self, pixels):
        return functional.normalize(self.image(pixels), dim=-1)

    def texts(self, ids):
        return functional.normalize(self.text(ids), dim=-1)

    def loss(self, pixels, ids, sign):
        images = self.images(pixels)
        found = contrastive(images, self.texts(ids), self.scale.exp(), sign, sign)
        if args.drawings_loss == 0:
            return found
        half = len(images) // 2
        between_drawings = contrastive(images[:half], images[half:], self.scale.exp(), sign[:half], sign[half:])
        return found + args.drawings_loss * between_drawings


def contrastive(one, other, scale, own_sign, other_sign):
    scores = one @ other.t() * scale
    same = (own_sign[:, None] == other_sign[None]).float()
    return -0.5 * sum(
        (same / same.sum(along, keepdim=True) * scores.log_softmax(along)).sum(along).mean() for along in (0, 1))


def flops_of_pair():
    """Forward and back; products of matrices alone."""
    seen = tokens + 1
    image = tokens * 3 * args.patch**2 * width + 2 * seen * width**2 + 2 * width**2
    image += args.depth * (seen * (4 * width**2 + 2 * width * hidden) + 2 * seen**2 * width)
    text = places * (4 * width**2 + 3 * width * text_hidden) + 2 * places**2 * width + width**2
    return 6 * (image + text)


def recall(model, artist):
    """Percent at 1, 5 and 10, means over the languages, either way."""
    model.eval()
    own = numpy.flatnonzero((source == artist) & shared)
    with torch.no_grad():
        images = torch.cat([model.images(normalized(drawings[part])) for part in numpy.array_split(own, 8)])
        either = [[], []]
        for language in range(len(languages)):
            scores = images @ model.texts(names[own, language]).t()
            for found, own_scores in zip(either, (scores, scores.t())):
                rank = (own_scores > own_scores.diag()[:, None]).sum(1)
                found.append([100 * (rank < cut).float().mean().item() for cut in (1, 5, 10)])
    model.train()
    return ["/".join(f"{number:.1f}" for number in numpy.mean(found, 0)) for found in either]


drawings, names, sign, source, shared = read_data()
model = Model()
table = [model.text.table.weight]
vectors = [one for one in model.parameters() if one.dim() < 2]
matrices = [one for one in model.parameters() if one.dim() >= 2 and one is not table[0]]
optimizer = torch.optim.AdamW([
    {"params": matrices, "weight_decay": args.decay, "factor": 1.0},
    {"params": vectors, "weight_decay": 0.0, "factor": 1.0},
    {"params": table, "weight_decay": args.decay, "factor": args.table_rate},
], betas=(0.9, 0.98))
trained = numpy.flatnonzero(source != "openmoji")
drawn_as = {}
for one in trained:
    drawn_as.setdefault(int(sign[one]), []).append(one)


def others_of(batch):
    """Of each drawing any one of its sign by an artist that is trained on: itself, too."""
    return numpy.array([draws.choice(drawn_as[one]) for one in sign[batch].tolist()])


order, losses, begun = numpy.array([], dtype=int), [], time.time()
for step in range(1, args.steps + 1):
    rise = min(1.0, step / args.warmup)
    fall = 0.5 * (1 + math.cos(math.pi * max(0, step - 1 - args.warmup) / max(1, args.steps - args.warmup)))
    for group in optimizer.param_groups:
        group["lr"] = args.rate * group["factor"] * rise * fall
    each = 1 if args.drawings_loss == 0 else 2
    while len(order) < args.batch:
        order = numpy.concatenate([order, draws.permutation(trained)])
    batch, order = order[: args.batch // each], order[args.batch // each :]
    if each == 2:
        batch = numpy.concatenate([batch, others_of(batch)])
    ids = names[batch, draws.randint(0, len(languages), len(batch))]
    pixels = changed(drawings[batch])
    if args.mixed > 0:
        share = 0.5 * torch.rand(len(batch), 1, 1, 1) * (torch.rand(len(batch), 1, 1, 1) < args.mixed)
        pixels = (1 - share) * pixels + share * changed(drawings[others_of(batch)])
    loss = model.loss(pixels, ids, sign[batch])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
    if step == args.steps or (args.report_every and step % args.report_every == 0):
        flops = flops_of_pair() * args.batch * step
        new, known = recall(model, "openmoji"), recall(model, "fluent")
        print(f"step {step}: {flops:.3g} FLOPs, {time.time() - begun:.0f} s, loss {numpy.mean(losses[-200:]):.3f}; "
              f"openmoji {new[0]} and {new[1]}, fluent {known[0]} and {known[1]}", flush=True)
