"""Makes the sample study: ten small ResNets trained in five ways on one data set, and its test images.

What it writes, beside this file (or below --output):
    models/NAME.safetensors   float32 parameters under timm's names, with a description in the metadata
    images/CLASS/NAME.png     the held-out images, exactly the pixels that the accuracies are measured on
    sample.json               the list that Linchpin reads

Data: scikit-learn's copy of the "Optical Recognition of Handwritten Digits" test set (UCI, CC BY 4.0):
1797 grey images of 8 x 8 with values 0 to 16, scaled to 0..255, enlarged to 32 x 32 (PIL, bilinear), stored as RGB.
Architecture, the same for all: timm's ResNet with bottleneck blocks, two in each of four stages, and few channels.

Made with Python 3.11, torch 2.13.0 (CPU), timm 1.0.29, scikit-learn 1.9.1, numpy 2.4.6, pillow 12.3.0, safetensors 0.8.0.
Run: python make_sample.py            (about a quarter of an hour on two idle CPU cores)
     python make_sample.py --only baseline-seed1     (trains one model again, then writes sample.json)
     python make_sample.py --only                    (trains none: images and sample.json alone)
Seeds and thread count are fixed: the same packages on the same kind of processor give the same parameters.
"""

import argparse
import copy
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

# timm imports torchvision, whose compiled operators may be missing next to a CPU build of torch; none is needed here.
torch.library.register_fake = lambda *args, **kwargs: lambda function: function
from timm.models.resnet import Bottleneck, ResNet  # noqa: E402

SIZE = 32
CLASSES = 10
TEST_IMAGES = 300
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LAYERS = (2, 2, 2, 2)
CHANNELS = (12, 16, 20, 24)

Augment = Callable[[Tensor], Tensor]


# ---------------------------------------------------------------------------------------------- data


@dataclass
class Data:
    train_x: Tensor  # [N, 3, 32, 32] in 0..1
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    test_pixels: np.ndarray  # uint8 [N, 32, 32, 3]
    test_index: np.ndarray  # position in scikit-learn's data set


def load_data() -> Data:
    digits = load_digits()
    pixels = np.stack([enlarge(image) for image in digits.images])
    labels = digits.target.astype(np.int64)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_IMAGES, random_state=0, stratify=labels
    )
    test = np.sort(test)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    y = torch.from_numpy(labels)
    return Data(x[train].contiguous(), y[train], x[test].contiguous(), y[test], pixels[test], test)


def enlarge(image: np.ndarray) -> np.ndarray:
    """8 x 8 values 0..16 → uint8 RGB 32 x 32."""
    grey = Image.fromarray(np.rint(image * 255 / 16).astype(np.uint8))
    return np.asarray(grey.resize((SIZE, SIZE), Image.Resampling.BILINEAR).convert("RGB"))


def batches(count: int, size: int):
    """A shuffled epoch; a last batch too small for batch norm is left out."""
    for indices in torch.randperm(count).split(size):
        if len(indices) >= size // 4:
            yield indices


# --------------------------------------------------------------------------------------------- model


def build(drop_path: float = 0.0) -> ResNet:
    model = ResNet(Bottleneck, LAYERS, num_classes=CLASSES, channels=CHANNELS, drop_path_rate=drop_path)
    return model.to(memory_format=torch.channels_last)


def normalise(x: Tensor) -> Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (x - mean) / std


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.eval()
    return (model(normalise(x)).argmax(1) == y).double().mean().item()


# ------------------------------------------------------------------------------------- augmentations


def unchanged(x: Tensor) -> Tensor:
    return x


def affine(x: Tensor, degrees: float, shift: float, scale: float) -> Tensor:
    """Each image turned, moved and scaled at random; shift is a fraction of the image."""
    n = len(x)
    angle = (torch.rand(n) * 2 - 1) * math.radians(degrees)
    zoom = 1 + (torch.rand(n) * 2 - 1) * scale
    cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    move = (torch.rand(n, 2) * 2 - 1) * shift * 2
    matrix = torch.stack([torch.stack([cos, -sin, move[:, 0]], 1), torch.stack([sin, cos, move[:, 1]], 1)], 1)
    return F.grid_sample(x, F.affine_grid(matrix, list(x.shape), align_corners=False), align_corners=False)


def noise(x: Tensor, most: float) -> Tensor:
    """Gaussian noise, its strength drawn for each image."""
    return (x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1) * most).clamp(0, 1)


def contrast(x: Tensor) -> Tensor:
    gain = 0.5 + torch.rand(len(x), 1, 1, 1)
    offset = (torch.rand(len(x), 1, 1, 1) - 0.5) * 0.4
    return (x * gain + offset).clamp(0, 1)


def erase(x: Tensor, side: int) -> Tensor:
    """A square of each image set to grey."""
    x = x.clone()
    corners = torch.randint(0, SIZE - side + 1, (len(x), 2)).tolist()
    for image, (top, left) in zip(x, corners):
        image[:, top : top + side, left : left + side] = 0.5
    return x


def noisy_and_moved(x: Tensor) -> Tensor:
    return noise(contrast(affine(x, degrees=15, shift=0.1, scale=0.15)), most=0.3)


def moved_and_erased(x: Tensor) -> Tensor:
    return erase(affine(x, degrees=10, shift=0.08, scale=0.1), side=8)


def view(x: Tensor) -> Tensor:
    """What contrastive pretraining takes for the same image."""
    return erase(noise(contrast(affine(x, degrees=20, shift=0.12, scale=0.2)), most=0.15), side=6)


# ------------------------------------------------------------------------------------------ training


def attack(model: nn.Module, x: Tensor, y: Tensor, epsilon: float, steps: int = 3) -> Tensor:
    """Projected gradient ascent on the cross entropy within an L-infinity ball of pixels (0..1)."""
    model.eval()
    delta = (torch.rand_like(x) * 2 - 1) * epsilon
    for _ in range(steps):
        delta.requires_grad_(True)
        loss = F.cross_entropy(model(normalise((x + delta).clamp(0, 1))), y)
        (gradient,) = torch.autograd.grad(loss, delta)
        delta = (delta.detach() + gradient.sign() * epsilon / 2).clamp(-epsilon, epsilon)
    model.train()
    return (x + delta).clamp(0, 1)


def mixup(x: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    share = float(np.random.beta(alpha, alpha))
    order = torch.randperm(len(x))
    return share * x + (1 - share) * x[order], share * target + (1 - share) * target[order]


def warmup_cosine(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    warm = max(1, steps // 20)
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps)))
    )


@dataclass
class Supervised:
    """Training with labels; epsilon is in 1/255 of the pixel range."""

    epochs: int
    augment: Augment = unchanged
    epsilon: int = 0
    mixup_alpha: float = 0.0
    smoothing: float = 0.0
    binary_loss: bool = False
    drop_path: float = 0.0
    optimizer: str = "sgd"
    rate: float = 0.05
    decay: float = 5e-4
    average: float = 0.0  # decay of the exponential moving average of the weights

    def train(self, data: Data) -> ResNet:
        model = build(self.drop_path)
        averaged = copy.deepcopy(model)
        if self.optimizer == "sgd":
            optimizer = torch.optim.SGD(model.parameters(), self.rate, momentum=0.9, nesterov=True, weight_decay=self.decay)
        else:
            optimizer = torch.optim.AdamW(model.parameters(), self.rate, weight_decay=self.decay)
        size = 64
        schedule = warmup_cosine(optimizer, self.epochs * math.ceil(len(data.train_x) / size))
        model.train()
        for _ in range(self.epochs):
            for indices in batches(len(data.train_x), size):
                x, y = self.augment(data.train_x[indices]), data.train_y[indices]
                if self.epsilon:
                    x = attack(model, x, y, self.epsilon / 255)
                target = F.one_hot(y, CLASSES).float() * (1 - self.smoothing) + self.smoothing / CLASSES
                if self.mixup_alpha:
                    x, target = mixup(x, target, self.mixup_alpha)
                logits = model(normalise(x))
                if self.binary_loss:
                    loss = F.binary_cross_entropy_with_logits(logits, target) * CLASSES
                else:
                    loss = F.cross_entropy(logits, target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                if self.average:
                    follow(averaged, model, self.average)
        return averaged if self.average else model


@torch.no_grad()
def follow(averaged: nn.Module, model: nn.Module, decay: float) -> None:
    for old, new in zip(averaged.state_dict().values(), model.state_dict().values()):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:
            old.copy_(new)


def contrastive_loss(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    z = F.normalize(torch.cat([a, b]), dim=1)
    similarity = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    n = len(a)
    return F.cross_entropy(similarity, torch.arange(2 * n).roll(n))


@dataclass
class SelfSupervised:
    """SimCLR: contrastive pretraining without labels, then a linear classifier on frozen features."""

    epochs: int
    temperature: float
    epsilon: int = 0
    rate: float = 3e-3
    decay: float = 1e-4

    def train(self, data: Data) -> ResNet:
        model = build()
        head = model.fc
        model.fc = nn.Identity()
        width = head.in_features
        projector = nn.Sequential(nn.Linear(width, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64))
        parameters = [*model.parameters(), *projector.parameters()]
        optimizer = torch.optim.AdamW(parameters, self.rate, weight_decay=self.decay)
        size = 128
        schedule = warmup_cosine(optimizer, self.epochs * math.ceil(len(data.train_x) / size))
        model.train()
        for _ in range(self.epochs):
            for indices in batches(len(data.train_x), size):
                x = data.train_x[indices]
                features = model(normalise(torch.cat([view(x), view(x)])))
                loss = contrastive_loss(*projector(features).chunk(2), self.temperature)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        self.fit(model, head, data)
        model.fc = head
        return model

    @staticmethod
    def fit(model: nn.Module, head: nn.Linear, data: Data) -> None:
        model.eval()
        with torch.no_grad():
            features = model(normalise(data.train_x))
        optimizer = torch.optim.LBFGS(head.parameters(), max_iter=300, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(head(features), data.train_y) + 1e-3 * head.weight.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)


# -------------------------------------------------------------------------------------------- models


@dataclass
class Entry:
    file: str
    name: str
    category: str
    training: str
    seed: int
    recipe: Supervised | SelfSupervised


ENTRIES = [
    Entry("baseline-seed1", "Baseline, seed 1", "baseline", "SGD, cross entropy", 1, Supervised(40)),
    Entry("baseline-seed2", "Baseline, seed 2", "baseline", "SGD, cross entropy", 2, Supervised(40)),
    Entry(
        "adversarial-eps16", "Adversarial ε = 16/255", "adversarial",
        "PGD adversarial training, 3 steps, L-infinity, epsilon 16/255", 3, Supervised(30, epsilon=16),
    ),
    Entry(
        "adversarial-eps48", "Adversarial ε = 48/255", "adversarial",
        "PGD adversarial training, 3 steps, L-infinity, epsilon 48/255", 4, Supervised(30, epsilon=48),
    ),
    Entry(
        "augmentation-noise", "Noise and affine", "augmentation",
        "Gaussian noise, contrast, rotation, shift, scale", 5, Supervised(50, augment=noisy_and_moved),
    ),
    Entry("augmentation-mixup", "Mixup", "augmentation", "Mixup, alpha 1", 6, Supervised(50, mixup_alpha=1.0)),
    Entry(
        "selfsupervised-simclr-t02", "SimCLR, temperature 0.2", "self-supervised",
        "SimCLR pretraining, temperature 0.2, linear classifier on frozen features", 7, SelfSupervised(80, 0.2),
    ),
    Entry(
        "selfsupervised-simclr-t05", "SimCLR, temperature 0.5", "self-supervised",
        "SimCLR pretraining, temperature 0.5, linear classifier on frozen features", 8, SelfSupervised(80, 0.5),
    ),
    Entry(
        "improved-smoothing", "Improved: smoothing, EMA", "improved",
        "label smoothing 0.1, mixup 0.2, affine, erasing, long cosine, weight average", 9,
        Supervised(100, augment=moved_and_erased, smoothing=0.1, mixup_alpha=0.2, rate=0.1, decay=1e-3, average=0.99),
    ),
    Entry(
        "improved-bce", "Improved: AdamW, BCE", "improved",
        "AdamW, binary cross entropy, stochastic depth 0.1, mixup 0.2, affine, erasing, weight average", 10,
        Supervised(
            100, augment=moved_and_erased, mixup_alpha=0.2, binary_loss=True, drop_path=0.1,
            optimizer="adamw", rate=5e-3, decay=0.1, average=0.99,
        ),
    ),
]


def train_and_save(entry: Entry, data: Data, path: Path) -> None:
    torch.manual_seed(entry.seed)
    np.random.seed(entry.seed)
    model = entry.recipe.train(data)
    tensors = {
        name: tensor.float().contiguous()
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        tensors,
        path,
        metadata={
            "format": "pt",
            "architecture": f"timm ResNet, Bottleneck, layers {list(LAYERS)}, channels {list(CHANNELS)}",
            "dataset": "Optical Recognition of Handwritten Digits (scikit-learn digits), 32x32 RGB, 10 classes",
            "license": "CC BY 4.0",
            "category": entry.category,
            "training": entry.training,
            "epochs": str(entry.recipe.epochs),
            "seed": str(entry.seed),
            "accuracy": str(round(accuracy(model, data.test_x, data.test_y), 6)),
        },
    )
    path.chmod(0o644)


def describe(entry: Entry, data: Data, path: Path) -> dict:
    """The model's line of sample.json, with the accuracy of the saved file."""
    model = build()
    model.load_state_dict(load_file(path), strict=False)
    return {
        "file": f"models/{path.name}",
        "name": entry.name,
        "category": entry.category,
        "mean": list(MEAN),
        "std": list(STD),
        "attributes": {
            "accuracy": round(accuracy(model, data.test_x, data.test_y), 6),
            "epsilon": entry.recipe.epsilon,
            "epochs": entry.recipe.epochs,
            "seed": entry.seed,
            "training": entry.training,
        },
    }


def write_images(data: Data, folder: Path) -> None:
    for pixels, label, index in zip(data.test_pixels, data.test_y.tolist(), data.test_index):
        path = folder / "images" / str(label) / f"digit_{index:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, optimize=True)


def check(folder: Path) -> None:
    """Measures every saved model on the saved images and compares with sample.json."""
    sample = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    files = sorted((folder / "images").glob("*/*.png"))
    x = torch.stack([torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1) for file in files]).float() / 255
    y = torch.tensor([int(file.parent.name) for file in files])
    for line in sample["models"]:
        model = build()
        model.load_state_dict(load_file(folder / line["file"]), strict=False)
        measured = accuracy(model, x, y)
        assert abs(measured - line["attributes"]["accuracy"]) < 1e-6, (line["file"], measured)
        print(f"{line['name']:26} {measured:.4f}")
    print(f"checked {len(sample['models'])} models on {len(files)} images")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample study.")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument(
        "--only",
        nargs="*",
        metavar="NAME",
        choices=[entry.file for entry in ENTRIES],
        help="train these models only (none: no model) and keep the other files",
    )
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)  # three times faster once most gradients are tiny
    torch.use_deterministic_algorithms(True)
    data = load_data()
    write_images(data, options.output)
    paths = {entry.file: options.output / "models" / f"{entry.file}.safetensors" for entry in ENTRIES}
    for entry in ENTRIES:
        if options.only is None or entry.file in options.only:
            start = time.monotonic()
            train_and_save(entry, data, paths[entry.file])
            print(f"{entry.file:26} {time.monotonic() - start:.0f} s", flush=True)
    if not all(path.exists() for path in paths.values()):
        print("some models are missing: no sample.json")
        return
    sample = {
        "name": "Digits",
        "description": "Ten small ResNets of one architecture, trained in five ways on handwritten digits.",
        "license": "CC BY 4.0",
        "citation": "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, "
        "UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49",
        "images": "images",
        "resize": SIZE,
        "crop": SIZE,
        "models": [describe(entry, data, paths[entry.file]) for entry in ENTRIES],
    }
    text = json.dumps(sample, indent=2, ensure_ascii=False)
    (options.output / "sample.json").write_text(text + "\n", encoding="utf-8")
    check(options.output)


if __name__ == "__main__":
    main()
