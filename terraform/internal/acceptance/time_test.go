package acceptance

import "time"

// inDays is the midnight in so many days.
func inDays(days int) string {
	return time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Format(time.RFC3339)
}
