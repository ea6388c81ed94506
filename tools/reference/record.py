#!/usr/bin/env python3
"""Records what PyTorch executes for one forward pass: the ground truth of lmhost's graphs.

transformers' own model classes run without weights (meta device, or fake CUDA tensors where
the CUDA path differs) under two dispatch modes at once: FlopCounterMode, and a recorder that
sees every ATen operator with its inputs and outputs. One JSON file per case is written; the
files in tests/reference are its output. See README.md beside this file.

What is counted, per operator:
  bytes_read     each distinct element of each input tensor once (a dimension of stride 0 adds
                 nothing; an embedding reads the rows it looks up, not the table)
  bytes_written  each element of each output once; 0 for views
  flops          FlopCounterMode's figure (matrix products and attention only)
  calls          those that move at least one byte; views, empty tensors and the like are
                 listed apart, as "free"
"""

import argparse
import collections
import contextlib
import json
import pathlib
import platform

import torch
import torch.nn.functional as functional
import transformers
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from cases import CASES, MODELS

SDPA = "aten.scaled_dot_product_attention"

# Operators that move nothing, though their schema does not say so.
UNMARKED_VIEWS = {"aten._unsafe_view", "aten.lift_fresh"}
UNINITIALISED = {"aten.empty"}
# Not kernels: they ask a fake tensor for a property.
IGNORED = {"prim.device"}


def tensors_in(value):
    """Every tensor inside nested lists, tuples and dicts, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []


def distinct_bytes(tensor):
    """Bytes of a tensor's distinct elements: an expanded (stride 0) dimension counts once."""
    elements = 1
    for size, stride in zip(tensor.shape, tensor.stride()):
        elements *= size if stride != 0 or size == 0 else 1
    return elements * tensor.element_size()


def describe(tensor):
    """`bfloat16[2,5,48]`, with `*` behind a dimension that is expanded."""
    sizes = [
        f"{size}*" if stride == 0 and size > 1 else str(size)
        for size, stride in zip(tensor.shape, tensor.stride())
    ]
    return f"{str(tensor.dtype).removeprefix('torch.')}[{','.join(sizes)}]"


class Recorder(TorchDispatchMode):
    """Counts operators by (name, input shapes, output shapes)."""

    def __init__(self):
        super().__init__()
        self.rows = collections.OrderedDict()
        self.views = set()
        self.paused = False
        self.checked_flops = 0  # seen by FlopCounterMode while paused, besides the recorded ones

    def add(self, op, inputs, outputs, flops, read, written):
        key = (op, tuple(map(describe, inputs)), tuple(map(describe, outputs)))
        row = self.rows.setdefault(key, [0, 0, 0, 0])
        for index, value in enumerate((1, flops, read, written)):
            row[index] += value

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        op = str(func).rsplit(".", 1)[0]
        if self.paused or op in IGNORED:
            return result
        inputs, outputs = tensors_in([args, kwargs]), tensors_in(result)
        packet = func._overloadpacket
        flops = 0
        if packet in flop_registry:
            flops = flop_registry[packet](*args, **kwargs, out_val=result)
        if func.is_view or op in UNMARKED_VIEWS:
            read, written = 0, 0
            self.views.add(op)
        elif op in UNINITIALISED:
            read, written = 0, 0
        elif op == "aten.baddbmm" and kwargs.get("beta", 1) == 0:  # does not read its addend
            read = sum(map(distinct_bytes, inputs[1:]))
            written = sum(map(distinct_bytes, outputs))
        elif op == "aten.embedding":
            read = distinct_bytes(result) + distinct_bytes(inputs[1])
            written = distinct_bytes(result)
        else:
            read = sum(map(distinct_bytes, inputs))
            written = sum(map(distinct_bytes, outputs))
        self.add(op, inputs, outputs, flops, read, written)
        return result


@contextlib.contextmanager
def fused_attention(recorder):
    """Makes scaled_dot_product_attention one operator, as the CUDA kernels are.

    On meta tensors PyTorch decomposes it into the math kernel, which no GPU run of these cases
    executes. Here the call is recorded as itself, its output has the layout of the flash and
    memory-efficient kernels (the query's), and a boolean mask becomes an additive one first
    (convert_boolean_attn_mask in ATen/native/transformers/attention.cpp). That the math kernel
    needs the same FLOPs is checked.
    """
    original = functional.scaled_dot_product_attention

    def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None,
                  enable_gqa=False):
        with FlopCounterMode(display=False) as math:
            recorder.paused = True
            original(query, key, value, attn_mask, dropout_p, is_causal, scale=scale,
                     enable_gqa=enable_gqa)
            recorder.paused = False
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            minus_infinity = torch.scalar_tensor(float("-inf"), dtype=query.dtype,
                                                 device=query.device)
            zero = torch.scalar_tensor(0.0, dtype=query.dtype, device=query.device)
            attn_mask = torch.where(attn_mask, zero, minus_infinity)
        recorder.paused = True
        with FlopCounterMode(display=False) as fused:
            if attn_mask is None:
                outputs = torch.ops.aten._scaled_dot_product_flash_attention(
                    query, key, value, dropout_p, is_causal, scale=scale)[:2]  # with log-sum-exp
            else:
                outputs = torch.ops.aten._scaled_dot_product_efficient_attention(
                    query, key, value, attn_mask.expand(*query.shape[:3], key.shape[2]),
                    False, dropout_p, is_causal, scale=scale)[:1]
        recorder.paused = False
        flops = fused.get_total_flops()
        assert flops == math.get_total_flops(), "math and fused attention must count the same"
        recorder.checked_flops += flops
        inputs = [query, key, value] + ([] if attn_mask is None else [attn_mask])
        recorder.add(SDPA, inputs, outputs, flops, sum(map(distinct_bytes, inputs)),
                     sum(map(distinct_bytes, outputs)))
        return outputs[0]

    functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = original


def build(config_facts, attention, dtype):
    config_class = {"llama": transformers.LlamaConfig, "gpt2": transformers.GPT2Config}
    config = config_class[config_facts["model_type"]](**config_facts)
    model = transformers.AutoModelForCausalLM.from_config(
        config, dtype=dtype, attn_implementation=attention)
    return config, model.eval()


def past(config, batch_size, cache_len, dtype):
    """A DynamicCache that already holds cache_len tokens per sequence."""
    if cache_len == 0:
        return None
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    cache = transformers.DynamicCache(config=config)
    for layer in range(config.num_hidden_layers):
        cache.update(torch.empty(batch_size, heads, cache_len, size, dtype=dtype),
                     torch.empty(batch_size, heads, cache_len, size, dtype=dtype), layer)
    return cache


def run(case):
    facts = MODELS[case["model"]]
    dtype = getattr(torch, facts["torch_dtype"])
    recorder = Recorder()
    with contextlib.ExitStack() as stack:
        if case["device"] == "cuda":  # fake: shapes and CUDA's operator choice, no GPU needed
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        stack.enter_context(torch.device(case["device"]))
        config, model = build(facts, case["attention"], dtype)
        tokens = torch.empty(case["batch_size"], case["seq_len"], dtype=torch.int64)
        cache = past(config, case["batch_size"], case["cache_len"], dtype)
        stack.enter_context(torch.no_grad())
        counter = stack.enter_context(FlopCounterMode(display=False))
        stack.enter_context(fused_attention(recorder))
        stack.enter_context(recorder)
        output = model(tokens, past_key_values=cache,
                       logits_to_keep=facts.get("logits_to_keep", 0))
    flops = sum(row[1] for row in recorder.rows.values())
    assert flops + recorder.checked_flops == counter.get_total_flops(), "recorder missed FLOPs"
    parameters = list(model.parameters())  # a tied weight appears once
    layers = output.past_key_values.layers
    stored = {
        "parameters": sum(p.numel() for p in parameters),
        "weight_bytes": sum(p.numel() * p.element_size() for p in parameters),
        "kv_cache_bytes": sum(t.numel() * t.element_size() for l in layers
                              for t in (l.keys, l.values)),
    }
    return facts, recorder, stored


def aggregate(rows, key):
    sums = {}
    for name, numbers in rows.items():
        total = sums.setdefault(key(name), [0, 0, 0, 0])
        for index, number in enumerate(numbers):
            total[index] += number
    return dict(sorted(sums.items()))


def numbers(row):
    return dict(zip(("calls", "flops", "bytes_read", "bytes_written"), row))


def document(case, facts, recorder, stored):
    rows = recorder.rows
    moving = {name: row for name, row in rows.items() if row[2] or row[3]}
    free = collections.Counter()
    for (op, _, _), row in rows.items():
        free[op] += 0 if row[2] or row[3] else row[0]
    operators = aggregate(moving, lambda name: name[0])
    total = [sum(column) for column in zip(*operators.values())]
    return {
        "schema": "lmhost.reference/1",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        },
        "case": case,
        "config": facts,
        "stored": stored,
        "totals": numbers(total),
        "operators": [{"op": op, **numbers(row)} for op, row in operators.items()],
        "free": [{"op": op, "calls": calls, "view": op in recorder.views}
                 for op, calls in sorted(free.items()) if calls],
        "shapes": [
            {"op": op, "inputs": " ".join(inputs), "outputs": " ".join(outputs), **numbers(row)}
            for (op, inputs, outputs), row in sorted(moving.items())
        ],
    }


def dump(sections):
    """JSON with one operator a line: small files, readable diffs."""
    lines = []
    for key, value in sections.items():
        text = json.dumps(value)
        if isinstance(value, list):
            text = "[\n" + ",\n".join("  " + json.dumps(item) for item in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder to write")
    parser.add_argument("names", nargs="*", help="cases to record (default: all)")
    options = parser.parse_args()
    unknown = set(options.names) - set(CASES)
    if unknown:
        parser.error(f"unknown case: {', '.join(sorted(unknown))}")
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.names or CASES:
        case = CASES[name]
        text = dump(document(case, *run(case)))
        # Whole or not at all.
        unfinished = options.output / f"{name}.json.new"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(options.output / f"{name}.json")
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    main()
