// How much of a drawing one frame may do: the rest follows in the next frames. Pure: the clock is passed in.

export interface Pace {
  ms: number; // after which no further cell is filled
  ahead: number; // cells outside of the view
  blurs: number; // placeholders that are painted
}

const SCROLLING_MS = 4;
export const RESTING: Pace = { ms: 8, ahead: 8, blurs: 6 };
export const AT_ONCE: Pace = { ms: Number.POSITIVE_INFINITY, ahead: Number.POSITIVE_INFINITY, blurs: 6 };

/** How much each frame of a grid does. */
export class Pacer {
  private top = 0; // px, at the frame before

  /** While the grid scrolls, a frame fills ahead as many cells as it has come nearer to, so that frames cost the same. */
  next(scrolling: boolean, { columns, row }: { columns: number; row: number }, top: number): Pace {
    const nearer = Math.ceil((columns * Math.abs(top - this.top)) / row);
    this.top = top;
    if (!scrolling) return RESTING;
    const cells = Math.min(Math.max(1, nearer), RESTING.ahead);
    return { ms: SCROLLING_MS, ahead: cells, blurs: cells };
  }
}

export class Budget {
  private readonly until: number;
  private filled = 0;
  private outside = 0;

  constructor(
    private readonly pace: Pace,
    private readonly now: () => number,
  ) {
    this.until = now() + pace.ms;
  }

  /** Whether one more cell may be filled, which counts it. One always may, so that a drawing ends on any machine. */
  takes(inView: boolean): boolean {
    if (!inView && this.outside >= this.pace.ahead) return false;
    if (this.filled > 0 && this.now() >= this.until) return false;
    this.filled += 1;
    if (!inView) this.outside += 1;
    return true;
  }
}
