package network

// Listeners is how many have a token and are not those of calls that wait to be used again.
func Listeners() int {
	idle.mu.Lock()
	defer idle.mu.Unlock()
	count := heard.count()
	for p := idle.first; p != nil; p = p.next {
		count--
	}
	return count
}
