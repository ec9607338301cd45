/** Times of scrapes, windows and patience, all of them shortened by one factor where a test cannot wait. */

export interface Times {
  /** A duration as Prometheus writes it: `time('5m')`. */
  (nominal: Duration): string
}

export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** `scale` 1 is what is deployed; 0.1 makes of five minutes half a minute. */
export function timesAt(scale: number): Times {
  return (nominal) => {
    if (scale === 1) return nominal
    const unit = nominal.slice(-1) as keyof typeof seconds
    const scaled = Number(nominal.slice(0, -1)) * seconds[unit] * scale
    return `${Math.max(1, Math.round(scaled * 1000))}ms`
  }
}
