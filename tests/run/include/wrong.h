/* A header with a mistake. */
struct s { nothing_t x; };
