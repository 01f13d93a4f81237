// The frames of a strip as places in their video. Pure.

/** Which of these frames shows this time: each stands for an equal part of the length. */
export function frameOf(time: number, length: number, frames: number): number {
  return length > 0 ? Math.min(frames - 1, Math.max(0, Math.floor((time / length) * frames))) : 0;
}

/** The time that a frame was taken at: the middle of its part. */
export function timeOf(frame: number, length: number, frames: number): number {
  return (length * (frame + 0.5)) / frames;
}
