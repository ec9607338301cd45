/** Alerts on what the machine and the processes run out of. */
import { serviceMemory } from '../../topology.ts'
import { targets, vitalJobs } from '../targets.ts'
import type { Times } from '../times.ts'
import type { AlertGroup } from './alert.ts'

/** Not what lives in memory, is read only, or is mounted for a moment. */
const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|fuse.*|nsfs"'

/** 80 % of the memory that a service's container gets. */
const memoryLimit = Math.round(0.8 * serviceMemory * 1024 * 1024)

export const resourceAlerts = (time: Times): AlertGroup => ({
  name: 'resources',
  alerts: [
    {
      name: 'DiskAlmostFull',
      severity: 'critical',
      expr: `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}} < 0.05 and node_filesystem_readonly{${disks}} == 0`,
      for: '5m',
      summary: '{{ $labels.mountpoint }} on {{ $labels.instance }} is almost full',
      description: '{{ $value | humanizePercentage }} is left; stores refuse writes when none is.',
    },
    {
      name: 'DiskFillsUp',
      severity: 'warning',
      expr: `predict_linear(node_filesystem_avail_bytes{${disks}}[${time('6h')}], 86400) < 0 and node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}} < 0.4 and node_filesystem_readonly{${disks}} == 0`,
      for: '30m',
      summary: '{{ $labels.mountpoint }} on {{ $labels.instance }} is full within a day',
      description: 'At the rate of the last six hours, nothing is left within 24 hours.',
    },
    {
      name: 'CpuSaturated',
      severity: 'warning',
      expr: `rate(process_cpu_seconds_total{job=~"${vitalJobs}"}[${time('5m')}]) > 0.9`,
      for: '5m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} uses up its core',
      description:
        'A process answers from one core and {{ $value | humanizePercentage }} of it is used: latency grows from here on.',
    },
    {
      name: 'EventLoopBlocked',
      severity: 'warning',
      expr: `nodejs_eventloop_lag_p99_seconds{job=~"${vitalJobs}"} > ${targets.loop}`,
      for: '2m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} is held up again and again',
      description:
        'Something takes the event loop for {{ $value | humanizeDuration }} at a time, and all requests wait for it; 100 ms may be.',
    },
    {
      name: 'MemoryHigh',
      severity: 'warning',
      expr: `process_resident_memory_bytes{job=~"${vitalJobs}"} > ${memoryLimit}`,
      for: '5m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} uses much memory',
      description:
        '{{ $value | humanize1024 }}B are in use; near its limit the process is ended by the system.',
    },
  ],
})
