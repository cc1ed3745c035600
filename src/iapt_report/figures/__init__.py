"""Results into pictures, in one look."""
