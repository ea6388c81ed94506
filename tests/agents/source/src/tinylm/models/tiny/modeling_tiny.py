"""Tiny.

class InAString(nn.Module):
    is no class
"""
import torch
from torch import nn


def scale(hidden_states, weight):
    # Used by TinyNorm.
    return weight * hidden_states


def unused(hidden_states):
    return scale(hidden_states, 1)


class TinyNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.eps = eps

    def forward(self, hidden_states):
        variance = hidden_states.pow(2).mean(-1, keepdim=True)
        return scale(hidden_states * torch.rsqrt(variance + self.eps), self.weight)


@register(
    "mlp",
)
class TinyMLP(nn.Module):
    """Two products

and a text at the left margin."""

    class Activation(nn.Module):
        def forward(self, x):
            return torch.relu(x)

    def __init__(self, config):
        super().__init__()
        self.up = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        # class Commented(nn.Module):

    def forward(self, x):
        return self.down(torch.relu(self.up(x)))
    # still of the class for Python, of nobody for us

# Between.
if torch.cuda.is_available():
    class TinyAttention(nn.Module):
        def forward(self, x):
            return x


def make():
    class Hidden(nn.Module):
        pass

    return Hidden
