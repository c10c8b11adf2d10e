//! Bounds must increase, be positive, and be there; and their unit must be known.

picometer::buckets! { Unsorted = whole [10, 1]; }
picometer::buckets! { Twice = seconds [0.1, 0.1]; }
picometer::buckets! { Zero = seconds [0.0, 1.0]; }
picometer::buckets! { Empty = whole []; }
picometer::buckets! { Hours = hours [1, 2]; }

fn main() {}
