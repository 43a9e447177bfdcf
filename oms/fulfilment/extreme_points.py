"""Fills one carton with pieces in a given order, each at the lowest corner where it fits (extreme points).

Crainic, Perboli and Tadei (2008). A piece stands on the floor or with at least 60 % of its base on others,
never on a fragile one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.fulfilment.carton_goods import Piece, Placed, Size

#: Least share of a base that must be carried, in percent.
SUPPORT_PERCENT = 60

Corner = tuple[int, int, int]
#: x, y, z and x, y, z of the far corner, fragile.
Box = tuple[int, int, int, int, int, int, bool]


def fill(inside: Size, max_weight_g: int, pieces: Iterable[Piece]) -> tuple[list[Placed], list[Piece]]:
    """Place `pieces` one after the other; return what stands where and what did not fit."""
    room = _Room(inside)
    left: list[Piece] = []
    hopeless: set[tuple[Size | None, bool, bool]] = set()
    for piece in pieces:
        likeness = (piece.size, piece.this_side_up, piece.fragile)
        if likeness in hopeless or piece.weight_g > max_weight_g or not room.put(piece):
            if piece.weight_g <= max_weight_g:
                hopeless.add(likeness)
            left.append(piece)
            continue
        max_weight_g -= piece.weight_g
    return room.placed, left


class _Room:
    """The inside of one carton while it is being filled."""

    def __init__(self, inside: Size) -> None:
        self.inside = inside
        self.placed: list[Placed] = []
        self._boxes: list[Box] = []
        self._corners: list[Corner] = [(0, 0, 0)]

    def put(self, piece: Piece) -> bool:
        ways = piece.orientations()
        for x, y, z in self._corners:
            fits = [way for way in ways if self._fits(x, y, z, way, fragile=piece.fragile)]
            if fits:
                self._place(piece, (x, y, z), min(fits, key=lambda way: (way[2], way[1])))
                return True
        return False

    def _fits(self, x: int, y: int, z: int, way: Size, *, fragile: bool) -> bool:
        fx, fy, fz = x + way[0], y + way[1], z + way[2]
        if fx > self.inside[0] or fy > self.inside[1] or fz > self.inside[2]:
            return False
        carried = 0
        for bx, by, bz, ex, ey, ez, brittle in self._boxes:
            across = min(fx, ex) - max(x, bx)
            along = min(fy, ey) - max(y, by)
            if across <= 0 or along <= 0:
                continue
            if z < ez and bz < fz:
                return False
            if (ez == z and brittle) or (fz == bz and fragile):
                return False
            if ez == z:
                carried += across * along
        return z == 0 or carried * 100 >= SUPPORT_PERCENT * way[0] * way[1]

    def _place(self, piece: Piece, corner: Corner, way: Size) -> None:
        x, y, z = corner
        self.placed.append(Placed(piece, x, y, z, *way))
        box = (x, y, z, x + way[0], y + way[1], z + way[2], piece.fragile)
        fresh = {
            self._slid((box[3], y, z), 1),
            self._slid((box[3], y, z), 2),
            self._slid((x, box[4], z), 0),
            self._slid((x, box[4], z), 2),
            self._slid((x, y, box[5]), 0),
            self._slid((x, y, box[5]), 1),
            (box[3], y, z),
            (x, box[4], z),
            (x, y, box[5]),
        }
        self._boxes.append(box)
        kept = [known for known in {*self._corners, *fresh} if self._is_open(known)]
        self._corners = sorted(kept, key=lambda point: (point[2], point[1], point[0]))

    def _slid(self, point: Corner, axis: int) -> Corner:
        """The point moved along `axis` towards the wall until it meets a box."""
        first, second = [other for other in (0, 1, 2) if other != axis]
        stop = 0
        for box in self._boxes:
            beside = box[first] <= point[first] < box[first + 3] and box[second] <= point[second] < box[second + 3]
            if beside and stop < box[axis + 3] <= point[axis]:
                stop = box[axis + 3]
        slid = list(point)
        slid[axis] = stop
        return slid[0], slid[1], slid[2]

    def _is_open(self, point: Corner) -> bool:
        """Whether a piece could start here: inside the carton and in no box."""
        x, y, z = point
        if x >= self.inside[0] or y >= self.inside[1] or z >= self.inside[2]:
            return False
        return not any(bx <= x < ex and by <= y < ey and bz <= z < ez for bx, by, bz, ex, ey, ez, _ in self._boxes)


def fill_completely(inside: Size, orders: Iterable[Sequence[Piece]]) -> list[Placed] | None:
    """Try several packing orders; return the first packing that leaves nothing over, or None."""
    for pieces in orders:
        room = _Room(inside)
        if all(room.put(piece) for piece in pieces):
            return room.placed
    return None
