import Foundation
import HTTPTypes
import Hummingbird
import LiandongOpen311
import Mustache
import NIOCore

/// Turns a page's values into HTML: its own template, and the frame around it.
struct PageRenderer: Sendable {
    /// The templates by their files' names.
    enum Template: String, Sendable, CaseIterable {
        case layout, home, request, preview, receipt, follow, order, consultations, consultation, problem
        case signin, worklist, work, residents, unmasked, cluster, alarms
        case dashboard, map, deskconsultations, deskconsultation, newconsultation
        case vote, voted, ballotcheck, rollcodes
        case notices, notice, desknotices, desknotice, newnotice
        case counter, counterform, countercheck, counterreceipt
        /// Parts of others.
        case requestfields, previewfacts

        fileprivate var source: [UInt8] {
            switch self {
            case .layout: PackageResources.layout_mustache
            case .home: PackageResources.home_mustache
            case .request: PackageResources.request_mustache
            case .preview: PackageResources.preview_mustache
            case .receipt: PackageResources.receipt_mustache
            case .follow: PackageResources.follow_mustache
            case .order: PackageResources.order_mustache
            case .consultations: PackageResources.consultations_mustache
            case .consultation: PackageResources.consultation_mustache
            case .problem: PackageResources.problem_mustache
            case .signin: PackageResources.signin_mustache
            case .worklist: PackageResources.worklist_mustache
            case .work: PackageResources.work_mustache
            case .residents: PackageResources.residents_mustache
            case .unmasked: PackageResources.unmasked_mustache
            case .cluster: PackageResources.cluster_mustache
            case .alarms: PackageResources.alarms_mustache
            case .dashboard: PackageResources.dashboard_mustache
            case .map: PackageResources.map_mustache
            case .deskconsultations: PackageResources.deskconsultations_mustache
            case .deskconsultation: PackageResources.deskconsultation_mustache
            case .newconsultation: PackageResources.newconsultation_mustache
            case .vote: PackageResources.vote_mustache
            case .voted: PackageResources.voted_mustache
            case .ballotcheck: PackageResources.ballotcheck_mustache
            case .rollcodes: PackageResources.rollcodes_mustache
            case .notices: PackageResources.notices_mustache
            case .notice: PackageResources.notice_mustache
            case .desknotices: PackageResources.desknotices_mustache
            case .desknotice: PackageResources.desknotice_mustache
            case .newnotice: PackageResources.newnotice_mustache
            case .counter: PackageResources.counter_mustache
            case .counterform: PackageResources.counterform_mustache
            case .countercheck: PackageResources.countercheck_mustache
            case .counterreceipt: PackageResources.counterreceipt_mustache
            case .requestfields: PackageResources.requestfields_mustache
            case .previewfacts: PackageResources.previewfacts_mustache
            }
        }

        /// The template as it is written.
        var text: String { String(decoding: source, as: UTF8.self) }
    }

    private let library: MustacheLibrary

    /// The templates are part of the program: one that cannot be read is a fault of the build.
    init() {
        MarkupText.register()
        do {
            let templates = try Template.allCases.map {
                ($0.rawValue, try MustacheTemplate(string: MarkupText.pragma + $0.text))
            }
            self.library = MustacheLibrary(templates: Dictionary(templates) { first, _ in first })
        } catch {
            preconditionFailure("a template of this build cannot be read: \(error)")
        }
    }

    /// A page's values with what every template may ask for.
    private struct Scene<Page> {
        let w: [String: String]
        let csrf: String?
        let page: Page
    }

    /// What the frame shows.
    struct Frame {
        let language: Language
        let title: String
        /// The same page in the other language; nil where it cannot be asked for again.
        let otherLanguageLink: String?
        /// The place that this node serves.
        let place: String
        let upstreams: [Upstream]
        let staff: Staff?

        struct Staff {
            let name: String
            let scope: String
            let csrf: String?
            let links: [PageTab]
        }

        /// How fresh what is shown is, by a node above.
        struct Upstream {
            let name: String
            /// "12:03 已同步" or "断开 3小时12分".
            let words: String
            /// up or down.
            let state: String
        }
    }

    private struct Layout {
        let lang: String
        let otherLang: String
        let title: String
        let kind: String
        let w: [String: String]
        let place: String
        let upstreams: [Frame.Upstream]
        let staff: Frame.Staff?
        let otherLanguageLink: String?
        let body: String
    }

    func html(_ template: Template, _ page: some Any, in frame: Frame, csrf: String?) -> String {
        let words = PageWords.words(in: frame.language)
        let scene = Scene(w: words, csrf: csrf, page: page)
        let body = library.render(PageValue.of(scene) as Any, withTemplate: template.rawValue) ?? ""
        let other: Language = frame.language == .chinese ? .english : .chinese
        let layout = Layout(
            lang: frame.language.rawValue,
            otherLang: other.rawValue,
            title: frame.title,
            kind: template.rawValue,
            w: words,
            place: frame.place,
            upstreams: frame.upstreams,
            staff: frame.staff,
            otherLanguageLink: frame.otherLanguageLink,
            body: body
        )
        return library.render(PageValue.of(layout) as Any, withTemplate: Template.layout.rawValue) ?? ""
    }
}
