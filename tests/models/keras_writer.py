"""A Keras file as `model.save` writes it, made from an expected layout and random weights."""

from __future__ import annotations

import json
import random

import h5py
import numpy as np

ROWS = {
    "Conv1D": ("kernel", "bias"),
    "Dense": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "SplineWeight1D": ("kernel",),
}


def layer(name, kind, inputs=(), weights=None, **settings):
    return {
        "name": name,
        "class_name": kind,
        "config": {"name": name, **settings},
        "inbound_nodes": [[[other, 0, 0, {}] for other in inputs]] if inputs else [],
        "weights": weights or {},
    }


def of_layout(layout, *, channels=4, length=None, seed=0, gain=1.0):
    """Layers with random weights for the steps of a layout; `gain` scales the convolutions."""
    rng = np.random.default_rng(seed)
    width = {}
    layers = []
    for step in layout:
        settings = dict(step.settings)
        given = [width[key] for key in step.inputs]
        weights = {}
        if step.kind == "InputLayer":
            settings["batch_input_shape"] = [None, length, channels]
            width[step.key] = channels
        elif step.kind == "Conv1D":
            filters, k = settings["filters"], settings.pop("width")
            settings |= {
                "kernel_size": [k],
                "dilation_rate": [settings.pop("dilation")],
                "padding": "same" if k > 1 else "valid",
                "strides": [1],
                "use_bias": True,
            }
            weights = {
                "kernel": gain * rng.normal(0, (2 / (k * given[0])) ** 0.5, (k, given[0], filters)),
                "bias": rng.normal(0, 0.1, filters),
            }
            width[step.key] = filters
        elif step.kind == "Dense":
            units = settings["units"]
            weights = {
                "kernel": rng.normal(0, (2 / given[0]) ** 0.5, (given[0], units)),
                "bias": rng.normal(0, 0.1, units),
            }
            width[step.key] = units
        elif step.kind == "BatchNormalization":
            weights = {
                "gamma": rng.uniform(0.5, 1.5, given[0]),
                "beta": rng.normal(0, 0.1, given[0]),
                "moving_mean": rng.normal(0, 0.1, given[0]),
                "moving_variance": rng.uniform(0.5, 1.5, given[0]),
            }
        elif step.kind == "SplineWeight1D":
            settings["spline_degree"] = settings.pop("degree")
            weights = {"kernel": rng.normal(0, 0.1, (settings["n_bases"], given[0]))}
        elif step.kind == "Cropping1D":
            settings["cropping"] = list(settings["cropping"])
        width.setdefault(step.key, given[0] if given else channels)
        arrays = {key: np.float32(array) for key, array in weights.items()}
        layers.append(layer(step.key, step.kind, step.inputs, arrays, **settings))
    return layers


def renamed(layers):
    """The same network under the flat names that Keras gives."""
    names = {item["name"]: f"{item['class_name'].lower()}_{k}" for k, item in enumerate(layers)}
    return [
        {
            **item,
            "name": names[item["name"]],
            "inbound_nodes": [
                [[names[link[0]], *link[1:]] for link in call] for call in item["inbound_nodes"]
            ],
        }
        for item in layers
    ]


def shuffled(layers, seed=0):
    """In another order: the links between layers are what counts."""
    return random.Random(seed).sample(layers, len(layers))


def ends(layers):
    read = {link[0] for item in layers for call in item["inbound_nodes"] for link in call}
    inputs = [item["name"] for item in layers if item["class_name"] == "InputLayer"]
    return inputs, [item["name"] for item in layers if item["name"] not in read]


def write(path, layers, *, inputs=None, outputs=None, config=None, order=None):
    """Write a file; `inputs`, `outputs` and `config` take the place of what follows from them."""
    own_inputs, own_outputs = ends(layers)
    model = {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": [
                {key: value for key, value in item.items() if key != "weights"}
                for item in (order or layers)
            ],
            "input_layers": [[name, 0, 0] for name in inputs or own_inputs],
            "output_layers": [[name, 0, 0] for name in outputs or own_outputs],
        },
    }
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.2.4"
        file.attrs["model_config"] = json.dumps(model if config is None else config)
        group = file.create_group("model_weights")
        for item in layers:
            home = group.create_group(item["name"])
            names = [f"{item['name']}/{key}:0" for key in item["weights"]]
            home.attrs["weight_names"] = np.array([name.encode() for name in names], "S")
            for key, array in item["weights"].items():
                home.create_dataset(f"{item['name']}/{key}:0", data=array)
    return path
