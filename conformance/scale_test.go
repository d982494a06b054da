package conformance

import "testing"

// What climbs is told from what takes a step, or goes up and down; a step in the middle of a round may need another one.
func TestSlope(t *testing.T) {
	const leak = 4096
	for name, test := range map[string]struct {
		used func(n int) int
		want int
	}{
		"flat":               {func(int) int { return 5_000_000 }, 0},
		"a step":             {func(n int) int { return 5_000_000 + 400_000*(n/9) }, 0},
		"up and down":        {func(n int) int { return 5_000_000 + 100_000*(n%2) }, 0},
		"a leak":             {func(n int) int { return 5_000_000 + apart*leak*n }, leak},
		"a leak, and a step": {func(n int) int { return 5_000_000 + apart*leak*n - 400_000*(n/12) }, leak},
	} {
		var memory []int
		for n := range aRound/apart + 1 {
			memory = append(memory, test.used(n))
		}
		if got := slope(memory); got != test.want {
			t.Errorf("%s: %d bytes with each connection, want %d", name, got, test.want)
		}
	}
}
