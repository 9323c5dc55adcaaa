# SPDX-License-Identifier: BSL-1.0
"""Which files name which: files that nothing needs, and names of files that are not there.

A file is alive if somebody from outside opens it (ROOTS, and the headers on top of include/conq,
which users include), or if a living file needs it:
- C++ includes it;
- CMake, a script, a test or a settings file has its path as a word outside of comments, from its
  own folder or from the top (${name}_test.py stands for every name that the file holds; a folder
  for its CMakeLists.txt; only CMakeLists.txt may be named by a pattern);
- Python imports it from the same folder, or pytest does, as the conftest.py of a living test;
- a page links to it, to its folder (for pages), or has its path as a word.
"""
import fnmatch
import pathlib
import re

ROOTS = {
    "README.md": "readers", "CONTRIBUTING.md": "forges show it", "check": "developers",
    "quickstart": "newcomers", ".ci/run": "CI", "CMakeLists.txt": "CMake",
    "CMakePresets.json": "CMake", "pyproject.toml": "pip",
    ".clang-format": "clang-format", ".clang-tidy": "clang-tidy",
    ".gitignore": "git",
}
WORD = re.compile(r"[\w.*+/-]*[\w*+/-]")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CPP = (".hpp", ".cpp")


class Tree:
    def __init__(self, root, files):
        """`files`: paths below `root`, as git lists them."""
        self.root = root
        self.files = {file: (root / file).read_text() for file in files}
        self.folders = {str(parent) for file in files for parent in pathlib.PurePath(file).parents}

    def dead(self):
        """Files that nothing needs."""
        alive = set()
        found = [file for file in self.files
                 if file in ROOTS or fnmatch.fnmatch(file, "include/conq/*.hpp")
                 and file.count("/") == 2]
        while found:
            file = found.pop()
            if file not in alive:
                alive.add(file)
                found += self._needs(file) & self.files.keys()
        return sorted(self.files.keys() - alive)

    def _needs(self, file):
        text, folder = self.files[file], str(pathlib.PurePath(file).parent)
        if file.endswith(CPP):
            included = re.findall(r'^\s*#\s*include\s*[<"]([^">]+)[">]', text, re.M)
            return {path for name in included for path in
                    (self._join(folder, name), name, f"include/{name}")}
        if file.endswith(".md"):
            linked = {self._join(folder, link.split("#")[0]) for link in LINK.findall(text)}
            pages = {page for page in self.files if page.endswith(".md")
                     and str(pathlib.PurePath(page).parent) in linked}
            return linked | pages | self._words(text, folder)
        code = re.sub(r"(^|\s)#.*", "", text)
        needed = self._words(code, folder)
        if file.endswith(".py"):
            modules = re.findall(r"^\s*(?:import|from) (\w+)", code, re.M)
            needed |= {self._join(folder, f"{module}.py") for module in modules}
            needed.add(self._join(folder, "conftest.py"))
        return needed

    def _words(self, text, folder):
        """The files that words of the text are paths of."""
        text = re.sub(r"\$\{?\w+\}?/", "", text)  # ${folder}/, $folder/
        names = set(re.findall(r"\w+", text))
        words = set(WORD.findall(re.sub(r"\$\{\w+\}", "*", text)))
        paths = {path for word in words for path in (self._join(folder, word), word.strip("/"))}
        needed = {path for path in paths if path in self.files}
        needed |= {f"{path}/CMakeLists.txt" for path in paths if path in self.folders}
        for pattern in (path for path in paths if "*" in path.split("/")[-1]):
            shape = re.compile(re.escape(pattern).replace(r"\*", r"(\w+)"))
            needed |= {path for path in self.files
                       if (match := shape.fullmatch(path)) and names.issuperset(match.groups())}
        if "*/CMakeLists.txt" in words:
            below = re.compile(re.escape(folder) + r"/[^/]+/CMakeLists\.txt")
            needed |= {path for path in self.files if below.fullmatch(path)}
        return needed

    @staticmethod
    def _join(folder, name):
        parts = []
        for part in (folder + "/" + name).split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in (".", ""):
                parts.append(part)
        return "/".join(parts)

    def missing(self, but_in=None):
        """[file: name] of files and folders that are named and not there, and of broken links."""
        found = []
        top = {file.split("/")[0] for file in self.files if "/" in file}
        basenames = {file.split("/")[-1] for file in self.files}
        for file, text in self.files.items():
            if file == but_in:
                continue
            folder = str(pathlib.PurePath(file).parent)
            for word in re.findall(r"(?<![\w./$}{-])[\w.*-]+(?:/[\w.*-]*[\w*-])+", text):
                path = f"include/{word}" if re.match(r"conq/[\w/]+\.hpp", word) else word
                if path.split("/")[0] in top | {"include"} and not self._exists(path) and \
                        not self._exists(self._join(folder, path)):
                    found.append(f"{file}: {word}")
            if file.endswith(".md"):
                found += [f"{file}: {link}" for link in LINK.findall(text)
                          if not self._leads_somewhere(folder, file, link)]
                named = re.findall(r"`([\w-]+\.(?:md|hpp|cpp|py|sh|json|cmake))`", text)
                found += [f"{file}: {name}" for name in named if name not in basenames]
        return found

    def _exists(self, path):
        return path in self.files or path in self.folders or \
            "*" in path and bool(fnmatch.filter(self.files, path))

    def _leads_somewhere(self, folder, file, link):
        if re.match(r"https?:|mailto:", link):
            return True
        path, _, anchor = link.partition("#")
        path = self._join(folder, path) if path else file
        if not self._exists(path):
            return False
        headings = re.findall(r"^#+ (.*)$", self.files.get(path, ""), re.M)
        slugs = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
        return not anchor or anchor in slugs
