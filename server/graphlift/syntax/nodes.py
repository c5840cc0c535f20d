"""The node classes that the analysis dispatches on; the only names of astroid that other layers see.

Trees are read-only: nothing outside `syntax` writes to a node, keeps a node in a result, or calls astroid's
own inference (`syntax.parse` says why).
"""

from __future__ import annotations

from astroid.nodes import AnnAssign as AnnAssign
from astroid.nodes import Arguments as Arguments
from astroid.nodes import Assert as Assert
from astroid.nodes import Assign as Assign
from astroid.nodes import AssignAttr as AssignAttr
from astroid.nodes import AssignName as AssignName
from astroid.nodes import AsyncFor as AsyncFor
from astroid.nodes import AsyncFunctionDef as AsyncFunctionDef
from astroid.nodes import AsyncWith as AsyncWith
from astroid.nodes import Attribute as Attribute
from astroid.nodes import AugAssign as AugAssign
from astroid.nodes import Await as Await
from astroid.nodes import BinOp as BinOp
from astroid.nodes import BoolOp as BoolOp
from astroid.nodes import Break as Break
from astroid.nodes import Call as Call
from astroid.nodes import ClassDef as ClassDef
from astroid.nodes import Compare as Compare
from astroid.nodes import Comprehension as Comprehension
from astroid.nodes import Const as Const
from astroid.nodes import Continue as Continue
from astroid.nodes import DelAttr as DelAttr
from astroid.nodes import Delete as Delete
from astroid.nodes import DelName as DelName
from astroid.nodes import Dict as Dict
from astroid.nodes import DictComp as DictComp
from astroid.nodes import DictUnpack as DictUnpack
from astroid.nodes import EmptyNode as EmptyNode
from astroid.nodes import ExceptHandler as ExceptHandler
from astroid.nodes import Expr as Expr
from astroid.nodes import For as For
from astroid.nodes import FormattedValue as FormattedValue
from astroid.nodes import FunctionDef as FunctionDef
from astroid.nodes import GeneratorExp as GeneratorExp
from astroid.nodes import Global as Global
from astroid.nodes import If as If
from astroid.nodes import IfExp as IfExp
from astroid.nodes import Import as Import
from astroid.nodes import ImportFrom as ImportFrom
from astroid.nodes import JoinedStr as JoinedStr
from astroid.nodes import Keyword as Keyword
from astroid.nodes import Lambda as Lambda
from astroid.nodes import List as List
from astroid.nodes import ListComp as ListComp
from astroid.nodes import Match as Match
from astroid.nodes import MatchAs as MatchAs
from astroid.nodes import MatchCase as MatchCase
from astroid.nodes import MatchClass as MatchClass
from astroid.nodes import MatchMapping as MatchMapping
from astroid.nodes import MatchOr as MatchOr
from astroid.nodes import MatchSequence as MatchSequence
from astroid.nodes import MatchSingleton as MatchSingleton
from astroid.nodes import MatchStar as MatchStar
from astroid.nodes import MatchValue as MatchValue
from astroid.nodes import Module as Module
from astroid.nodes import Name as Name
from astroid.nodes import NamedExpr as NamedExpr
from astroid.nodes import NodeNG as NodeNG
from astroid.nodes import Nonlocal as Nonlocal
from astroid.nodes import Pass as Pass
from astroid.nodes import Raise as Raise
from astroid.nodes import Return as Return
from astroid.nodes import Set as Set
from astroid.nodes import SetComp as SetComp
from astroid.nodes import Slice as Slice
from astroid.nodes import Starred as Starred
from astroid.nodes import Subscript as Subscript
from astroid.nodes import Try as Try
from astroid.nodes import TryStar as TryStar
from astroid.nodes import Tuple as Tuple
from astroid.nodes import TypeAlias as TypeAlias
from astroid.nodes import TypeVar as TypeVar
from astroid.nodes import UnaryOp as UnaryOp
from astroid.nodes import While as While
from astroid.nodes import With as With
from astroid.nodes import Yield as Yield
from astroid.nodes import YieldFrom as YieldFrom

Scope = Module | FunctionDef | ClassDef | Lambda
