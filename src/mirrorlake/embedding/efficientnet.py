"""EfficientNet-Lite0 as an ONNX graph, made from its weights: pictures become features and probabilities of classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mirrorlake.embedding.torch_file import Tensors

SIDE: Final = 224  # pixels of a picture that the network was trained on
FEATURES: Final = 1280
CLASSES: Final = 1000
PICTURES, FEATURE_OUTPUT, CLASS_OUTPUT = "pictures", "features", "probabilities"
_EPSILON = 1e-3
_OPSET, _IR = 17, 8  # understood by every version of the runtime since 2022
# Each stage: kernel, stride of its first block, expansion, repetitions.
_STAGES = ((3, 1, 1, 1), (3, 2, 6, 2), (5, 2, 6, 2), (3, 2, 6, 3), (5, 1, 6, 3), (5, 2, 6, 4), (3, 1, 6, 1))


def build_model(weights: Tensors) -> bytes:
    """The network as a serialised model: `pictures` (n, 3, 224, 224) from -1 to 1, two outputs."""
    graph = _Graph(weights)
    at = graph.convolve(PICTURES, "_conv_stem", "_bn0", stride=2)
    for number, (kernel, stride, expansion, adds) in enumerate(_blocks()):
        block, begin = f"_blocks.{number}", at
        if expansion > 1:
            at = graph.convolve(at, f"{block}._expand_conv", f"{block}._bn0")
        at = graph.convolve(at, f"{block}._depthwise_conv", f"{block}._bn1", stride=stride, kernel=kernel)
        at = graph.convolve(at, f"{block}._project_conv", f"{block}._bn2", active=False)
        if adds:
            at = graph.node("Add", [at, begin])
    at = graph.convolve(at, "_conv_head", "_bn1")
    features = graph.node("Flatten", [graph.node("GlobalAveragePool", [at])], output=FEATURE_OUTPUT)
    scores = graph.node(
        "Gemm",
        [
            features,
            graph.constant("_fc.weight", weights["_fc.weight"]),
            graph.constant("_fc.bias", weights["_fc.bias"]),
        ],
        transB=1,
    )
    graph.node("Softmax", [scores], output=CLASS_OUTPUT, axis=1)
    return graph.serialised()


def _blocks() -> Iterator[tuple[int, int, int, bool]]:
    """Kernel, stride, expansion of each block, and whether its input is added to its output."""
    for kernel, stride, expansion, repetitions in _STAGES:
        yield kernel, stride, expansion, False
        yield from ((kernel, 1, expansion, True) for _ in range(repetitions - 1))


class _Graph:
    """A graph that grows node by node."""

    def __init__(self, weights: Tensors) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._low = self.constant("low", np.array(0, np.float32))
        self._high = self.constant("high", np.array(6, np.float32))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        name = output or f"at_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def convolve(
        self, at: str, convolution: str, norm: str, *, stride: int = 1, kernel: int = 0, active: bool = True
    ) -> str:
        """A convolution with the normalisation that follows it, as one: its factor is part of the weights."""
        weights = self._weights[f"{convolution}.weight"]
        mean, variance = self._weights[f"{norm}.running_mean"], self._weights[f"{norm}.running_var"]
        factor = self._weights[f"{norm}.weight"] / np.sqrt(variance + _EPSILON)
        bias = self._weights[f"{norm}.bias"] - mean * factor
        at = self.node(
            "Conv",
            [
                at,
                self.constant(f"{convolution}.weight", (weights * factor[:, None, None, None]).astype(np.float32)),
                self.constant(f"{convolution}.bias", bias.astype(np.float32)),
            ],
            strides=[stride, stride],
            auto_pad="SAME_UPPER",
            group=len(weights) if kernel else 1,  # depthwise: one channel each
        )
        return self.node("Clip", [at, self._low, self._high]) if active else at

    def serialised(self) -> bytes:
        inputs = [helper.make_tensor_value_info(PICTURES, TensorProto.FLOAT, ["n", 3, SIDE, SIDE])]
        outputs = [
            helper.make_tensor_value_info(FEATURE_OUTPUT, TensorProto.FLOAT, ["n", FEATURES]),
            helper.make_tensor_value_info(CLASS_OUTPUT, TensorProto.FLOAT, ["n", CLASSES]),
        ]
        graph = helper.make_graph(self._nodes, "efficientnet-lite0", inputs, outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        onnx.checker.check_model(model)
        return model.SerializeToString()
