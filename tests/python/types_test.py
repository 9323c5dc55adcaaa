# SPDX-License-Identifier: BSL-1.0
"""The stubs name what the module has, and nothing else."""
import ast
import importlib
import inspect
import pathlib
import unittest

import conq

HIDDEN = {"_Counted", "T"}


class Stubs(unittest.TestCase):
    def check(self, module, file):
        tree = ast.parse((pathlib.Path(conq.__file__).parent / file).read_text())
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        imported = {each.asname for node in tree.body if isinstance(node, ast.ImportFrom)
                    for each in node.names if each.asname}
        self.assertEqual((classes.keys() | imported) - HIDDEN, set(module.__all__))
        for name, node in classes.items():
            if name in HIDDEN:
                continue
            bases = [base.value.id for base in node.bases if isinstance(base, ast.Subscript)]
            bodies = node.body + [each for base in bases if base in classes
                                  for each in classes[base].body]
            members = {getattr(each, "name", None) or getattr(each.target, "id", None)
                       for each in bodies if isinstance(each, (ast.FunctionDef, ast.AnnAssign))}
            real = getattr(module, name)
            for member in members:
                self.assertTrue(hasattr(real, member), f"{name}.{member} is in the stub alone")
            public = {each for each in vars(real) if not each.startswith("_")}
            gone = {each for each in public if type(vars(real)[each]).__name__ == "_Gone"}
            self.assertEqual(public - gone - members, set(), name)

    def check_help(self, module, file):
        """help() and inspect.signature() say of each public method what the stub says."""
        tree = ast.parse((pathlib.Path(conq.__file__).parent / file).read_text())
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        for name in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"):
            node = classes.get("_Counted" if name != "SimpleQueue" else name)
            if name not in module.__all__:
                continue
            kind = getattr(module, name)
            self.assertTrue(kind.__doc__, name)
            self.assertEqual(str(inspect.signature(kind)),
                             "()" if name == "SimpleQueue" else "(maxsize=0)")
            for each in node.body:
                if not isinstance(each, ast.FunctionDef) or each.name.startswith("_"):
                    continue
                real = getattr(kind, each.name)
                self.assertTrue(real.__doc__, f"{name}.{each.name}")
                if isinstance(real, property) or each.decorator_list:
                    continue
                arguments = each.args
                defaults = [ast.literal_eval(value) for value in arguments.defaults]
                names = [each.arg for each in arguments.args]
                of_stub = dict.fromkeys(names, inspect.Parameter.empty)
                of_stub.update(zip(names[len(names) - len(defaults):], defaults))
                self.assertEqual({key: value.default for key, value
                                  in inspect.signature(real).parameters.items()}, of_stub,
                                 f"{name}.{each.name}")

    def test_help_and_signatures(self):
        self.check_help(conq, "__init__.pyi")
        self.check_help(importlib.import_module("conq.asyncio"), "asyncio.pyi")

    def test_conq(self):
        self.check(conq, "__init__.pyi")

    def test_conq_asyncio(self):
        self.check(importlib.import_module("conq.asyncio"), "asyncio.pyi")


if __name__ == "__main__":
    unittest.main()
