/** Times of scrapes, windows and patience, all of them shortened by one factor where a test cannot wait. */

export interface Times {
  /** A duration as Prometheus writes it: `time('5m')`; never shorter than `least`. */
  (nominal: Duration, least?: Duration): string
}

export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** `scale` 1 is what is deployed; 0.1 makes of five minutes half a minute. */
export function timesAt(scale: number): Times {
  return (nominal, least) => {
    if (scale === 1) return nominal
    const shortest = least === undefined ? 1 : milliseconds(least)
    return `${Math.max(shortest, Math.round(milliseconds(nominal) * scale))}ms`
  }
}

const milliseconds = (duration: Duration): number =>
  Number(duration.slice(0, -1)) * seconds[duration.slice(-1) as keyof typeof seconds] * 1000
