package geo

// ring is a closed line in degrees. Whether a place lies inside is decided in
// the plane of longitude and latitude, in which the source draws its borders.
type ring struct {
	lat, lon                       []float64
	minLat, maxLat, minLon, maxLon float64

	bands [][]int32 // by latitude, from minLat to maxLat: the edges in each, by their first point
}

// edgesPerBand is about how many edges of a ring lie in one band of latitude.
const edgesPerBand = 8

// index sorts the edges into bands of latitude, so that a place is held against
// those of its own.
func (r *ring) index() {
	r.bands = make([][]int32, 1+len(r.lat)/edgesPerBand)
	for i := 0; i+1 < len(r.lat); i++ {
		for b := r.band(min(r.lat[i], r.lat[i+1])); b <= r.band(max(r.lat[i], r.lat[i+1])); b++ {
			r.bands[b] = append(r.bands[b], int32(i))
		}
	}
}

// band returns the number of the band that holds a latitude of the ring.
func (r *ring) band(lat float64) int {
	if r.maxLat <= r.minLat {
		return 0
	}
	return min(len(r.bands)-1, int((lat-r.minLat)/(r.maxLat-r.minLat)*float64(len(r.bands))))
}

// crossedBy reports whether a ray from the place to the east crosses the ring
// an odd number of times.
func (r *ring) crossedBy(lat, lon float64) bool {
	if lat < r.minLat || lat > r.maxLat || lon < r.minLon || lon > r.maxLon {
		return false
	}
	odd := false
	for _, i := range r.bands[r.band(lat)] {
		j := i + 1
		if (r.lat[i] > lat) != (r.lat[j] > lat) &&
			lon < (r.lon[j]-r.lon[i])*(lat-r.lat[i])/(r.lat[j]-r.lat[i])+r.lon[i] {
			odd = !odd
		}
	}
	return odd
}
