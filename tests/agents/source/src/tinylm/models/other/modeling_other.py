class TinyNorm:
    def forward(self, x):
        return x


class OtherMLP(TinyNorm):
    def forward(self, x):
        return super().forward(x)
