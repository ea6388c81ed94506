#!/usr/bin/env python3
"""What one step of a model costs, from Python without any package: ctypes over lmhost.h.

  totals.py [LIBRARY [MODEL]]     LIBRARY: liblmhost.so.0, or the path of it
"""
import ctypes
import json
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p


class Point(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("batch_size", c_int64), ("seq_len", c_int64),
                ("cache_len", c_int64), ("w_bits", c_double), ("a_bits", c_double),
                ("kv_bits", c_double), ("index_bits", c_double)]


class LmhostError(Exception):
    pass


class Lmhost:
    def __init__(self, library="liblmhost.so.0"):
        self.c = ctypes.CDLL(library)
        handle, error = POINTER(c_void_p), POINTER(c_void_p)
        for name, arguments in {
            "lmh_context_open": [c_void_p, handle, error],
            "lmh_graph_load": [c_void_p, c_char_p, handle, error],
            "lmh_plan_resolve": [c_void_p, c_void_p, c_void_p, handle, error],
            "lmh_plan_point": [c_void_p, POINTER(Point), error],
            "lmh_plan_analyze": [c_void_p, POINTER(Point), c_void_p, handle, error],
            "lmh_report_text": [c_void_p, c_int32, handle, error],
        }.items():
            getattr(self.c, name).argtypes = arguments
            getattr(self.c, name).restype = c_int32
        for name in ("context", "graph", "plan", "report", "error"):
            free = getattr(self.c, f"lmh_{name}_free")
            free.argtypes, free.restype = [c_void_p], None
        self.c.lmh_string_free.argtypes, self.c.lmh_string_free.restype = [c_void_p], None
        self.c.lmh_error_text.argtypes, self.c.lmh_error_text.restype = [c_void_p], c_char_p
        self.context = self.call("lmh_context_open", None)

    def call(self, function, *arguments, output=True):
        """Calls a function that can fail; returns its output."""
        result, error = c_void_p(), c_void_p()
        outputs = (byref(result), byref(error)) if output else (byref(error),)
        if getattr(self.c, function)(*arguments, *outputs) != 0:
            text = self.c.lmh_error_text(error).decode()
            self.c.lmh_error_free(error)
            raise LmhostError(text)
        return result

    def analyze(self, model, **changes):
        """The report as a dict: catalogs/schemas/report.schema.json."""
        graph = plan = report = text = None
        try:
            graph = self.call("lmh_graph_load", self.context, model.encode())
            plan = self.call("lmh_plan_resolve", self.context, graph, None)
            point = Point(struct_size=ctypes.sizeof(Point))
            self.call("lmh_plan_point", plan, byref(point), output=False)
            for name, value in changes.items():
                setattr(point, name, value)
            report = self.call("lmh_plan_analyze", plan, byref(point), None)
            text = self.call("lmh_report_text", report, 1)
            return json.loads(ctypes.string_at(text))
        finally:
            self.c.lmh_string_free(text)
            self.c.lmh_report_free(report)
            self.c.lmh_plan_free(plan)
            self.c.lmh_graph_free(graph)


def main():
    lmhost = Lmhost(*sys.argv[1:2])
    report = lmhost.analyze(*sys.argv[2:3] or ["llama-2-7b"], batch_size=8, seq_len=1, cache_len=4096)
    for quantity, value in report["totals"].items():
        print(f"{quantity:28} {value}")


if __name__ == "__main__":
    main()
