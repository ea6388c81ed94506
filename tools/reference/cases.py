"""The recorded cases: small models of odd sizes, where mistakes cannot cancel, and real ones.

A model is the content of a Hugging Face config.json. `device` is "meta", or "cuda" for fake CUDA
tensors: only there does float16 softmax take its fused cast (half_to_float).
"""

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu"}
GPT2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
        "activation_function": "gelu_new"}

MODELS = {
    # Multi-head; biases and a tied lm_head, which no real Llama here has.
    "llama-small-mha": {
        **LLAMA, "vocab_size": 997, "hidden_size": 120, "intermediate_size": 344,
        "num_hidden_layers": 3, "num_attention_heads": 5, "num_key_value_heads": 5,
        "max_position_embeddings": 512, "attention_bias": True, "mlp_bias": True,
        "tie_word_embeddings": True, "torch_dtype": "bfloat16",
    },
    # Grouped-query, 3 query heads a key head; head_dim is not hidden_size / heads.
    "llama-small-gqa": {
        **LLAMA, "vocab_size": 1003, "hidden_size": 90, "intermediate_size": 232,
        "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 24,
        "max_position_embeddings": 512, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    },
    # As above, logits for the last 3 positions only.
    "llama-small-tail": {
        **LLAMA, "vocab_size": 1003, "hidden_size": 90, "intermediate_size": 232,
        "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 24,
        "max_position_embeddings": 512, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "logits_to_keep": 3,
    },
    "llama-2-7b": {
        **LLAMA, "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
        "max_position_embeddings": 4096, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False, "torch_dtype": "float16",
    },
    "llama-3.1-8b": {
        **LLAMA, "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "max_position_embeddings": 131072, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "rope_theta": 500000.0,
        "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    },
    "gpt2-small": {
        **GPT2, "vocab_size": 991, "n_positions": 160, "n_embd": 120, "n_layer": 3, "n_head": 5,
        "n_inner": 250, "torch_dtype": "bfloat16",
    },
    # Eager attention in float32 (sdpa ignores the flag).
    "gpt2-small-upcast": {
        **GPT2, "vocab_size": 991, "n_positions": 160, "n_embd": 120, "n_layer": 3, "n_head": 5,
        "n_inner": None, "reorder_and_upcast_attn": True, "torch_dtype": "bfloat16",
    },
    "gpt2": {
        **GPT2, "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12,
        "n_head": 12, "torch_dtype": "float16",
    },
}

# model: device, then (batch_size, seq_len, cache_len) per phase.
POINTS = {
    "llama-small-mha": ("meta", {"prefill": (2, 11, 0), "decode": (3, 1, 29)}),
    "llama-small-gqa": ("meta", {"prefill": (2, 13, 0), "decode": (3, 1, 37),
                                 "chunk": (2, 7, 19)}),
    "llama-small-tail": ("meta", {"prefill": (2, 13, 0)}),
    "llama-2-7b": ("cuda", {"prefill": (1, 2048, 0), "decode": (1, 1, 4096)}),
    "llama-3.1-8b": ("meta", {"prefill": (2, 512, 0), "decode": (4, 1, 1000)}),
    "gpt2-small": ("meta", {"prefill": (2, 17, 0), "decode": (3, 1, 23), "chunk": (2, 5, 31)}),
    "gpt2-small-upcast": ("meta", {"chunk": (2, 5, 31)}),
    "gpt2": ("cuda", {"prefill": (1, 1000, 0), "decode": (2, 1, 500)}),
}

CASES = {
    f"{model}-{phase}-{attention}": {
        "model": model, "phase": phase, "attention": attention, "device": device,
        "batch_size": batch, "seq_len": tokens, "cache_len": cached,
    }
    for model, (device, phases) in POINTS.items()
    for phase, (batch, tokens, cached) in phases.items()
    for attention in ("eager", "sdpa")
}
