import Foundation

/// How many files this process, and those that it starts from then on, may have open.
enum OpenFiles {
    /// Lets it be as many as wished, or as many as may be without being root.
    ///
    /// - Returns: how many it may be now.
    static func allow(_ wished: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 1_024 }
        var wanted = limit
        wanted.rlim_cur = max(limit.rlim_cur, min(rlim_t(wished), limit.rlim_max))
        if unsafe setrlimit(resource, &wanted) == 0 { limit = wanted }
        return Int(clamping: limit.rlim_cur)
    }
}
